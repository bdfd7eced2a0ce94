// An agent as its developer would write it with the official TypeScript SDK. Asks until a request is decided at once,
// then prints its result, the whole timeline, and what a paused write is answered.
const { PumpUpClient, PumpUpError } = require("@pumpupai/pumpup-sdk");

const [environment, apiKey, projectName, taskId, paused] = process.argv.slice(2);
const client = new PumpUpClient({ environment, apiKey, version: "0" });

async function main() {
    let result;
    for (let number = 0; !result; number += 1) {
        const asked = await client.approvals.create({
            "Idempotency-Key": `typescript-${number}`,
            projectName,
            taskId,
            summary: "Refund?",
            keyValueContext: { Amount: "$240" },
            recommendation: { outcome: { type: "APPROVE" }, confidence: 0.91 },
        });
        result = await client.approvals.getResult({ id: asked.eventId });
    }
    const events = [];
    let page = await client.tasks.events({ id: taskId, limit: 3 });
    while (page.items.length) {
        events.push(...page.items);
        page = await client.tasks.events({ id: taskId, limit: 3, cursor: page.nextCursor });
    }
    const refused = await client.events
        .note({ "Idempotency-Key": "typescript-note", projectName: paused, taskId, message: "x" })
        .catch((fault) => ({ known: fault instanceof PumpUpError, status: fault.statusCode, body: fault.body }));
    console.log(JSON.stringify({ result, events, refused }));
}

main();
