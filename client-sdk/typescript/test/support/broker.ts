// A broker of one's own: the built binary behind two doors, whose addresses stay for as long as a test needs it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Door } from "./door.js";

/** The built binary. */
export const BINARY =
  process.env["FANFARE_BIN"] ?? fileURLToPath(new URL("../../../../target/debug/fanfare", import.meta.url));

export class Broker {
  readonly #home = mkdtempSync(join(tmpdir(), "fanfare-ts-"));
  readonly #config: string;
  #child: ChildProcess | undefined;
  readonly #clients: Door;
  readonly #operators: Door;

  private constructor(config: string, clients: Door, operators: Door) {
    this.#config = config;
    this.#clients = clients;
    this.#operators = operators;
  }

  /** A broker with this configuration (TOML). */
  static async start(config = ""): Promise<Broker> {
    const broker = new Broker(config, await Door.open(), await Door.open());
    try {
      await broker.start();
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
    return broker;
  }

  /** Where clients connect. */
  get url(): string {
    return `ws://${this.address}`;
  }

  get address(): string {
    return this.#clients.address;
  }

  /** Where metrics, health, the HTTP API and the console are. */
  get internal(): string {
    return `http://${this.#operators.address}`;
  }

  /** Starts it, or starts it again. What its streams hold outlives a planned stop. */
  async start(): Promise<void> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: build it with cargo build`);
    const config = join(this.#home, "fanfare.toml");
    writeFileSync(config, this.#config);
    const ports = ["--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0"];
    const flags = [...ports, "--data-dir", join(this.#home, "data")];
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
      this.#clients.leadTo(Number(/ws:\/\/[^/\s]+:(\d+)/.exec(line)?.[1]));
      this.#operators.leadTo(Number(/http:\/\/[^/\s]+:(\d+)/.exec(line)?.[1]));
      break;
    }
    if (!started) throw new Error(`the broker did not start: ${log}`);
    child.stderr.resume();
  }

  /** Stops it in good order, or as a crash would. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    for (const door of [this.#clients, this.#operators]) door.leadTo(undefined);
    if (child?.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    for (const door of [this.#clients, this.#operators]) door.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
