// A day with the API in TypeScript: types of openapi-typescript, requests of openapi-fetch. Prints what came of the task.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };
type Task = components["schemas"]["TaskOut"];

const [baseUrl = "", username = "", password = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });

function right<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.response.url} ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

const login = right(
  await client.POST("/api/auth/login", {
    body: { username, password },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  }),
);
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${login.access_token}`);
    return request;
  },
});

const agent = right(await client.GET("/api/agents/", {})).find((one) => one.status === "online");
if (!agent?.primary_board_id) throw new Error("no agent with a board is online");
const made: Task = right(
  await client.POST("/api/tasks/", {
    params: { header: { "Idempotency-Key": "typescript-1" } },
    body: {
      title: "Written by a TypeScript client",
      board_id: agent.primary_board_id,
      assigned_agent_id: agent.id,
      requires_approval: true,
    },
  }),
);
const path = { task_id: made.id };
right(await client.POST("/api/tasks/{task_id}/execute", { params: { path } }));
let task = made;
for (let tries = 0; task.status !== "review" && tries < 300; tries += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  task = right(await client.GET("/api/tasks/{task_id}", { params: { path } }));
}
const approved = right(await client.POST("/api/tasks/{task_id}/approve", { params: { path } }));
const deleted = await client.DELETE("/api/tasks/{task_id}", { params: { path } });
console.log(JSON.stringify([made.status, task.status, approved.status, Boolean(approved.result), deleted.response.status]));
