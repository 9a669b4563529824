export declare class Packer {
    #private;
    /** What was written. */
    finish(): Uint8Array<ArrayBuffer>;
    array(length: number): void;
    map(length: number): void;
    nil(): void;
    flag(flag: boolean): void;
    /** A whole number from 0 to 2^53-1. */
    integer(number: number): void;
    float(number: number): void;
    text(text: string): void;
    bin(bytes: Uint8Array): void;
}
