import { request } from 'node:http';
import { connect } from 'node:net';
import type { Server } from './layout.ts';

/** Whether a server answers as what it is: etcd healthy, Patroni's REST with any status, PgBouncer by accepting TCP. */
export function answers(server: Server): Promise<boolean> {
  switch (server.kind) {
    case 'member':
      return status(server.member.host, server.member.rest_port, '/liveness').then((code) => code !== undefined);
    case 'etcd':
      return status(server.service.host, server.service.port, '/health').then((code) => code === 200);
    case 'pgbouncer':
      return accepts(server.service.host, server.service.port);
  }
}

function status(host: string, port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path, agent: false, timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
