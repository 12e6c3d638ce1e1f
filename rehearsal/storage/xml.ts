/** The little XML that S3 speaks. */
import type { Answer } from "../http/exchange.ts";
import { Refusal } from "../http/exchange.ts";

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** An element with a text, or with others. */
export const element = (name: string, ...content: readonly (string | XmlText)[]): XmlText => ({
  xml: `<${name}>${content.map((part) => (typeof part === "string" ? escape(part) : part.xml)).join("")}</${name}>`,
});

/** Text that is XML already. */
export interface XmlText {
  xml: string;
}

/** An answer with a document. */
export const document = (status: number, root: XmlText): Answer => ({
  status,
  bytes: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`),
  headers: { "content-type": "application/xml" },
});

/** What S3 answers when it refuses. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(document(status, element("Error", element("Code", code), element("Message", message))));
