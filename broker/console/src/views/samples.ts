// The same from a program: code to be pasted, for this broker's addresses, with a token where it wants one.

import type { App } from "../app.js";
import { h, setAttribute } from "../lib/dom.js";
import { codeBlock } from "../parts/copy.js";

interface Sample {
  readonly name: string;
  readonly code: string;
}

export class Samples {
  readonly element = h("div", { class: "samples" });
  readonly #app: App;
  #withToken: boolean | undefined;
  #chosen = 0;

  constructor(app: App) {
    this.#app = app;
    this.render();
  }

  /** Made anew when somebody has signed in or out. */
  render(): void {
    const { page, link } = this.#app;
    if (link.hasToken === this.#withToken) return;
    this.#withToken = link.hasToken;
    const all = samples(page.clients, page.internal, link.hasToken);
    const blocks = all.map(({ name, code }) => codeBlock(`${name} example`, code));
    const tabs = all.map(({ name }, at) =>
      h("button", { type: "button", on: { click: () => show(at) } }, name),
    );
    const show = (at: number): void => {
      this.#chosen = at;
      tabs.forEach((tab, other) => setAttribute(tab, "aria-pressed", String(at === other)));
      blocks.forEach((block, other) => (block.hidden = at !== other));
    };
    show(this.#chosen);
    this.element.replaceChildren(
      h("div", { class: "choices", role: "group", "aria-label": "From a program, in" }, ...tabs),
      ...blocks,
    );
  }
}

/** The token itself stays out of it: code is copied to places where a token must not be. */
export function samples(clients: string, internal: string, withToken: boolean): readonly Sample[] {
  const server = clients === "ws://127.0.0.1:7440" ? "" : `export FANFARE_SERVER=${clients}\n`;
  const token = withToken ? "export FANFARE_TOKEN='YOUR TOKEN OR KEY'\n" : "";
  const header = withToken ? ` \\\n  -H "Authorization: Bearer $FANFARE_TOKEN"` : "";
  const option = withToken ? ", { token: process.env.FANFARE_TOKEN }" : "";
  const client = withToken
    ? `let token = std::env::var("FANFARE_TOKEN")?;\nlet client = fanfare_client::Client::builder("${clients}").token(token).connect().await?;`
    : `let client = fanfare_client::Client::connect("${clients}").await?;`;
  return [
    {
      name: "Shell",
      code: `${server}${token}fanfare sub 'hello.>' &\nfanfare pub --json hello.world '{"hello":"shell"}'`,
    },
    {
      name: "curl",
      code: `${token}curl ${internal}/v1/topics/hello.world/messages${header} \\\n  -H 'Content-Type: application/json' -d '{"hello":"curl"}'`,
    },
    {
      name: "TypeScript",
      code: `import { connect } from "fanfare-client";\n\nconst fanfare = connect("${clients}"${option});\nawait fanfare.publish("hello.world", { hello: "TypeScript" });\nfor await (const m of fanfare.subscribe("hello.>", { from: "start" })) {\n  console.log(m.topic, m.text());\n}`,
    },
    {
      name: "Rust",
      code: `${client}\nclient.publish("hello.world", "hello from Rust").await?;`,
    },
  ];
}
