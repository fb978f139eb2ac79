// A citizen pays by keyboard alone in a real browser, against a running demo: from the link to the
// receipt and its verification. On the way every page is looked at: nothing is loaded from outside,
// nothing is refused by the policy, nothing scrolls sideways at 400 %, axe finds nothing.
//
//   node checkout.mjs BROWSER DEMO_JSON        run by scripts/browser
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , executablePath, file] = process.argv;
const demo = JSON.parse(readFileSync(file, "utf8"));

async function call(path, body) {
  const headers = { authorization: `Bearer ${demo.api_key}`, "content-type": "application/json" };
  headers["idempotency-key"] = crypto.randomUUID();
  const answer = await fetch(demo.base_url + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function payment(language) {
  const items = [
    { service: "traffic.driving-licence-first" },
    { service: "civil-status.birth-certificate", quantity: 3 },
  ];
  const quote = await call("/v1/quotes", { channel: "portal", governorate: "03", items });
  return call("/v1/payments", { quote: quote.id, language });
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

// What a page must be, whatever it shows.
async function inspect(address, language) {
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 320, height: 256 } });
  const page = await context.newPage();
  await page.goto(address);
  assert.equal(await page.getAttribute("html", "lang"), language);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${await page.title()} scrolls sideways at 400 % by ${wide} px`);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const told = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(told, [], `${await page.title()}, ${colorScheme}`);
  }
  await context.close();
}

async function walk(language) {
  const made = await payment(language);
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && faults.push(line.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.base_url)) faults.push(`loads ${request.url()}`);
  });
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((one) => document.activeElement.matches(one), selector)) return;
    }
    assert.fail(`${selector} cannot be reached by Tab on ${await page.title()}`);
  };
  const go = async () => Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);

  await page.goto(made._links.checkout);
  await inspect(page.url(), language);
  await tabTo("input[type=radio]");
  await page.keyboard.press("Space");
  await tabTo("button[type=submit]");
  await go();

  const code = await page.innerText(".big bdi");
  assert.match(code, /^[0-9]+$/);
  await inspect(page.url(), language);
  await tabTo("[data-copy]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => {
    const button = document.querySelector("[data-copy]");
    return button.textContent === button.dataset.copied;
  });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);

  const pay = { method: "POST", headers: { "content-type": "application/json" } };
  pay.body = JSON.stringify({ reference: code });
  assert.equal((await fetch(`${demo.simulators_url}/fawry/_control/pay`, pay)).status, 200);
  await page.waitForSelector(".panel.good", { timeout: 30_000 });
  await inspect(page.url(), language);
  await tabTo("a.primary");
  await go();

  assert.ok((await page.innerText("article")).includes(made.reference));
  await inspect(page.url(), language);
  const verification = await page.innerText(".proof .breakable bdi");
  await page.goto(`${verification}?lang=${language}`);
  assert.ok((await page.innerText("main")).includes(made.reference));
  await inspect(page.url(), language);
  assert.deepEqual(faults, []);
  await context.close();
  console.log(`${language}: paid by keyboard, code ${code}`);
}

try {
  for (const language of ["ar", "en"]) {
    await walk(language);
    for (const path of ["/", "/price-list", "/checkout/wrong"]) {
      await inspect(`${demo.base_url}${path}?lang=${language}`, language);
    }
  }
} finally {
  await browser.close();
}
