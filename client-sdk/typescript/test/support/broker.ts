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
  #internal = "127.0.0.1:0";

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

  /** Where metrics, health, the HTTP API and the console are. */
  get internal(): string {
    return `http://${this.#internal}`;
  }

  /** Starts it, again on the same ports. What its streams hold outlives a planned stop. */
  async start(): Promise<void> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: build it with cargo build`);
    const config = join(this.#home, "fanfare.toml");
    writeFileSync(config, this.#config);
    const flags = [
      "--listen",
      this.#listen,
      "--internal",
      this.#internal,
      "--data-dir",
      join(this.#home, "data"),
    ];
    const child = spawn(BINARY, ["serve", ...flags, "--config", config], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    let log = "";
    let started = false;
    for await (const line of createInterface(child.stderr)) {
      log += `${line}\n`;
      started = line.includes("the broker has started");
      if (!started) continue;
      this.#listen = /ws:\/\/([^/\s]+)/.exec(line)?.[1] ?? this.#listen;
      this.#internal = /http:\/\/([^/\s]+)/.exec(line)?.[1] ?? this.#internal;
      break;
    }
    if (!started) throw new Error(`the broker did not start: ${log}`);
    child.stderr.resume();
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
