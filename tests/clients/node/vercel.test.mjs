// The Vercel AI SDK, by its provider for servers like OpenAI's, by OpenAI's own and by Anthropic's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, Output, embedMany, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { ASKED, CRIME, KEY, MODEL, ROOT, checkText } from "./common.mjs";

const given = { baseURL: `${ROOT}/v1`, apiKey: KEY };
const compatible = createOpenAICompatible({ name: "council", ...given, supportsStructuredOutputs: true });
const models = {
  "openai-compatible": compatible(MODEL),
  "openai, responses": createOpenAI(given)(MODEL),
  anthropic: createAnthropic(given)(MODEL),
};

for (const [name, model] of Object.entries(models)) {
  test(`${name}: whole and streamed`, async () => {
    checkText((await generateText({ model, prompt: ASKED, maxRetries: 0 })).text);
    const { textStream } = streamText({ model, prompt: ASKED, maxRetries: 0 });
    let text = "";
    for await (const piece of textStream) text += piece;
    checkText(text);
  });

  test(`${name}: a tool loop`, async () => {
    const seen = [];
    const lookup_case = tool({
      description: "Looks up a resident's case.",
      inputSchema: z.object({ name: z.string() }),
      execute: async ({ name }) => (seen.push(name), "A missed bin."),
    });
    await generateText({ model, prompt: ASKED, tools: { lookup_case }, stopWhen: stepCountIs(2), maxRetries: 0 });
    assert.deepEqual(seen, ["Margaret Okafor"]);
  });

  test(`${name}: a refusal`, async () => {
    const refused = generateText({ model, prompt: CRIME });
    await assert.rejects(refused, (error) => APICallError.isInstance(error) && /clause/.test(error.message));
  });
}

test("structured output", async () => {
  const output = Output.object({ schema: z.object({ days: z.array(z.string()) }) });
  const reply = await generateText({ model: compatible(MODEL), prompt: ASKED, output, maxRetries: 0 });
  assert.deepEqual(reply.output, { days: ["Tuesday"] });
});

test("embeddings", async () => {
  const { embeddings } = await embedMany({ model: compatible.embeddingModel(MODEL), values: [ASKED, "Bins"] });
  assert.deepEqual(embeddings, [[0.5, 0], [0.5, 1]]);
});
