// Anthropic's package for Node.
import assert from "node:assert/strict";
import { test } from "node:test";

import Anthropic, { BadRequestError } from "@anthropic-ai/sdk";

import { ASKED, CRIME, KEY, MODEL, ROOT, checkText } from "./common.mjs";

const client = new Anthropic({ baseURL: ROOT, apiKey: KEY, maxRetries: 0 });
const asked = { model: MODEL, max_tokens: 200, messages: [{ role: "user", content: ASKED }] };

test("messages, whole and streamed", async () => {
  checkText((await client.messages.create(asked)).content[0].text);
  const stream = client.messages.stream(asked);
  let text = "";
  stream.on("text", (piece) => (text += piece));
  assert.equal(await stream.finalText(), text);
  checkText(text);
});

test("a tool's arguments", async () => {
  const input_schema = { type: "object", properties: { name: { type: "string" } } };
  const tools = [{ name: "lookup_case", description: "Looks up a resident's case.", input_schema }];
  const reply = await client.messages.create({ ...asked, tools });
  assert.equal(reply.stop_reason, "tool_use");
  assert.deepEqual(reply.content.at(-1).input, { name: "Margaret Okafor" });
});

test("models", async () => {
  const found = [];
  for await (const model of client.models.list()) found.push(model);
  assert.ok(found.some((model) => model.id === MODEL && model.display_name === "Council Assistant"));
});

test("a refusal", async () => {
  const refused = client.messages.create({ ...asked, messages: [{ role: "user", content: CRIME }] });
  await assert.rejects(refused, (error) => error instanceof BadRequestError && /clause/.test(error.message));
});
