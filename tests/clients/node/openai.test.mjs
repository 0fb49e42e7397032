// OpenAI's package for Node: chat and responses, whole, streamed and with their helpers; embeddings, models, refusals.
import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI, { BadRequestError } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { ASKED, CRIME, KEY, MODEL, ROOT, checkText } from "./common.mjs";

const client = new OpenAI({ baseURL: `${ROOT}/v1`, apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: ASKED }];
const lookUp = {
  name: "lookup_case",
  description: "Looks up a resident's case.",
  parameters: { type: "object", properties: { name: { type: "string" } } },
};

test("chat", async () => {
  const whole = await client.chat.completions.create({ model: MODEL, messages });
  checkText(whole.choices[0].message.content);
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model: MODEL, messages, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  checkText(text);
});

test("chat's streaming helper", async () => {
  const stream = client.chat.completions.stream({ model: MODEL, messages });
  let text = "";
  stream.on("content", (piece) => (text += piece));
  assert.equal(await stream.finalContent(), text);
  checkText(text);
});

test("chat parsed", async () => {
  const response_format = zodResponseFormat(z.object({ days: z.array(z.string()) }), "days");
  const reply = await client.chat.completions.parse({ model: MODEL, messages, response_format });
  assert.deepEqual(reply.choices[0].message.parsed, { days: ["Tuesday"] });
});

test("a tool loop that the package runs", async () => {
  const seen = [];
  const runner = client.chat.completions.runTools({
    model: MODEL,
    messages,
    tools: [{ type: "function", function: { ...lookUp, parse: JSON.parse, function: ({ name }) => (seen.push(name), "ok") } }],
  });
  await runner.finalContent();
  assert.deepEqual(seen, ["Margaret Okafor"]);
});

test("responses", async () => {
  checkText((await client.responses.create({ model: MODEL, input: ASKED })).output_text);
  const stream = client.responses.stream({ model: MODEL, input: ASKED });
  checkText((await stream.finalResponse()).output_text);
});

test("embeddings and models", async () => {
  const { data } = await client.embeddings.create({ model: MODEL, input: [ASKED, "Bins"] });
  assert.deepEqual(data.map((row) => [...row.embedding]), [[0.5, 0], [0.5, 1]]);
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  assert.ok(models.includes(MODEL));
});

test("a refusal", async () => {
  const said = [{ role: "user", content: CRIME }];
  for (const refused of [
    () => client.chat.completions.create({ model: MODEL, messages: said, stream: true }),
    () => client.responses.create({ model: MODEL, input: CRIME }),
    () => client.embeddings.create({ model: MODEL, input: CRIME }),
  ]) {
    await assert.rejects(refused, (error) => error instanceof BadRequestError && /clause/.test(error.message));
  }
});

test("a stream aborted half-way", async () => {
  const { data, response } = await client.chat.completions
    .create({ model: MODEL, messages: [{ role: "user", content: "Be slow." }], stream: true })
    .withResponse();
  let text = "";
  for await (const chunk of data) {
    text += chunk.choices[0]?.delta?.content ?? "";
    if (text.length > 100) break;
  }
  console.log(`ABORTED ${response.headers.get("x-ai-record")}`);
});
