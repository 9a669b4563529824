// A broker of one's own: the built binary on free ports, for as long as a test needs it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The built binary. */
export const BINARY =
  process.env["FANFARE_BINARY"] ??
  fileURLToPath(new URL("../../../../target/debug/fanfare", import.meta.url));

export class Broker {
  readonly #home = mkdtempSync(join(tmpdir(), "fanfare-ts-"));
  readonly #config: string;
  #child: ChildProcess | undefined;
  #listen = "127.0.0.1:0";
  /** Where metrics, health and the page are. */
  internal = "";

  private constructor(config: string) {
    this.#config = config;
  }

  /** A broker with this configuration (TOML). */
  static async start(config = ""): Promise<Broker> {
    const broker = new Broker(config);
    await broker.start();
    return broker;
  }

  /** Where clients connect. */
  get url(): string {
    return `ws://${this.#listen}`;
  }

  get address(): string {
    return this.#listen;
  }

  /** Starts it, again on the same port. What its streams hold outlives a planned stop. */
  async start(): Promise<void> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: build it with cargo build`);
    const config = join(this.#home, "fanfare.toml");
    writeFileSync(config, this.#config);
    const flags = [
      "--listen",
      this.#listen,
      "--internal",
      "127.0.0.1:0",
      "--data-dir",
      join(this.#home, "data"),
    ];
    const child = spawn(BINARY, ["serve", ...flags, "--config", config], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let log = "";
    child.stderr.on("data", (text) => (log += String(text)));
    for await (const line of createInterface(child.stdout)) {
      this.#listen = /listening on ws:\/\/([^/\s]+)/.exec(line)?.[1] ?? this.#listen;
      this.internal = /internal\s+on (http:\/\/\S+)/.exec(line)?.[1] ?? "";
      if (this.internal) break;
    }
    if (!this.internal) throw new Error(`the broker did not start: ${log}`);
    child.stdout.resume();
  }

  /** Stops it in good order, or as a crash would. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.#home, { recursive: true, force: true });
  }
}
