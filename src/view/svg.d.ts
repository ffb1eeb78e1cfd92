// The builder hands over an SVG file as its source text.
declare module '*.svg' {
  const source: string;
  export default source;
}
