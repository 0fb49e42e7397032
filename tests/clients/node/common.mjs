// What the tests have in common: where the gateway is, what is asked of it, and what an answer must hold.
import assert from "node:assert/strict";

export const { ROOT, KEY } = process.env;
export const MODEL = "council-assistant";
export const ASKED = "Write to Margaret Okafor about her bins.";
export const CRIME = "He was convicted of burglary in 2019. Write to him.";

export function checkText(text) {
  assert.match(text, /Margaret Okafor/);
  assert.equal(text.split("AI helped write this.").length, 2);
}
