import { describe, expect, it } from 'vitest';
import { compileTemplate, splitTemplate } from '../../../src/playbook/compile-template.ts';

const scope = { inputs: { n: 3, name: 'a', nothing: null, list: [1, 2], evil: '${{ inputs.n }}' } };
const render = (value: unknown, absent?: 'drop' | 'null') => compileTemplate(value, absent).render(scope);

describe('a template', () => {
  it('keeps the type of a scalar that is one expression', () => {
    expect(render('${{ inputs.n }}')).toBe(3);
    expect(render({ list: '${{inputs.list}}' })).toEqual({ list: [1, 2] });
  });

  it('puts scalars into text', () => {
    expect(render('n-${{ inputs.n }}-${{ inputs.name }}!')).toBe('n-3-a!');
  });

  it('refuses lists and nothing inside text', () => {
    expect(() => render('a ${{ inputs.list }}')).toThrow(/list or a map, and stands inside other text/);
    expect(() => render('a ${{ inputs.?no }}')).toThrow(/nothing, and stands inside other text/);
  });

  it('renders once: what a value holds is never rendered again', () => {
    expect(render('${{ inputs.evil }}')).toBe('${{ inputs.n }}');
    expect(render('x ${{ inputs.evil }}')).toBe('x ${{ inputs.n }}');
  });

  it('leaves text without places as it is', () => {
    const text = 'select $1, {{ x }}, %s, $a from b -- }}';
    expect(render({ sql: text, n: 5, no: null, yes: true })).toEqual({ sql: text, n: 5, no: null, yes: true });
  });

  it('drops parameters whose expression gives nothing, at any depth, and keeps a null that was written', () => {
    const value = { a: '${{ inputs.nothing }}', b: { c: '${{ inputs.?no }}', d: null }, e: ['${{ inputs.?no }}'] };
    expect(render(value)).toEqual({ b: { d: null }, e: [null] });
  });

  it('says null for such outputs', () => {
    expect(render({ a: '${{ inputs.nothing }}', b: '${{ inputs.?no }}' }, 'null')).toEqual({ a: null, b: null });
  });

  it('finds the end of an expression behind strings and map literals', () => {
    expect(render('${{ {"a": {"b": "}}"}}.a.b }}')).toBe('}}');
    expect(splitTemplate("a${{ '}}' }}b")).toEqual([{ text: 'a' }, { expression: " '}}' ", at: 4 }, { text: 'b' }]);
  });

  it('refuses a place that is not closed', () => {
    expect(() => compileTemplate('${{ inputs.n')).toThrow(/not closed/);
  });
});
