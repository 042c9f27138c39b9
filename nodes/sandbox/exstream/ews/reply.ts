import { createReadStream } from "node:fs";
import type { OutputRecord } from "../jobs/record-types";
import { xmlText } from "../xml";

export const ENGINE = "urn:hpexstream-services/Engine";
const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";

/** The code that clients take for PDF; those of other types are not public. */
const PDL_OF_PDF = 4;
/** A multiple of 3, so that pieces of base64 join without padding. */
const PIECE = 768 * 1024;

/** A file of the reply. */
export interface ReplyFile {
  output: OutputRecord;
  path: string;
}

/** The reply of a Compose call, made piece by piece: files go out as base64 while they are read. */
export async function* composeReply(
  files: ReplyFile[],
  statusMessage: string,
  messageFile: Iterable<Buffer> | undefined,
  withHeader: boolean,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="${SOAP}"><soap:Body><eng:ComposeResponse xmlns:eng="${ENGINE}"><return>`);
  if (messageFile) yield Buffer.from(`<engineMessage>${Buffer.concat([...messageFile]).toString("base64")}</engineMessage>`);
  for (const { output, path } of files) {
    yield Buffer.from(`<files>${withHeader ? headerOf(output) : ""}<fileName>${xmlText(output.fileName)}</fileName><fileOutput>`);
    for await (const piece of createReadStream(path, { highWaterMark: PIECE })) yield Buffer.from((piece as Buffer).toString("base64"));
    yield Buffer.from("</fileOutput></files>");
  }
  yield Buffer.from(
    `<statusMessage>${xmlText(statusMessage)}</statusMessage></return></eng:ComposeResponse></soap:Body></soap:Envelope>\n`,
  );
}

/** `userData` is free text set by the design; this design puts the keys of the document there. */
function headerOf({ mimeType, fileName, size, pages, keys, customerNumber, queueName }: OutputRecord): string {
  const userData = `Account=${keys.accountNumber};Customer=${customerNumber};Period=${keys.period};Queue=${queueName}`;
  const fields: Record<string, string | number | boolean> = {
    DDAOutputFile: false,
    defaultExtension: fileName.slice(fileName.lastIndexOf(".") + 1),
    fileType: mimeType,
    messageLength: 0,
    outputLength: size,
    PDL: mimeType === "application/pdf" ? PDL_OF_PDF : 0,
    pageCount: pages,
    returnCode: 0,
    userData,
    userDataLength: userData.length,
    version: "16.6",
  };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${xmlText(String(value))}</${name}>`);
  return `<fileHeader>${elements.join("")}</fileHeader>`;
}

/** A SOAP fault. The fields of `EngineServiceException` are not public: here a message. */
export function faultReply(code: "Client" | "Server", message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="${SOAP}"><soap:Body><soap:Fault><faultcode>soap:${code}</faultcode><faultstring>${xmlText(message)}</faultstring>
<detail><eng:EngineServiceException xmlns:eng="${ENGINE}"><message>${xmlText(message)}</message></eng:EngineServiceException></detail>
</soap:Fault></soap:Body></soap:Envelope>
`;
}

/** The service's description, with `address` as its location. */
export function wsdl(address: string): string {
  const file = `<xs:element name="fileName" type="xs:string" minOccurs="0"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="${ENGINE}" targetNamespace="${ENGINE}" name="EngineService">
<wsdl:types><xs:schema targetNamespace="${ENGINE}">
<xs:element name="Compose"><xs:complexType><xs:sequence><xs:element name="EWSComposeRequest" type="tns:ewsComposeRequest"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="ComposeResponse"><xs:complexType><xs:sequence><xs:element name="return" type="tns:ewsComposeResponse"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="EngineServiceException" type="tns:engineServiceException"/>
<xs:complexType name="ewsComposeRequest"><xs:sequence>
<xs:element name="driver" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="driver" type="xs:base64Binary"/>${file}</xs:sequence></xs:complexType></xs:element>
<xs:element name="driverEncoding" type="xs:string" minOccurs="0"/>
<xs:element name="engineOptions" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="name" type="xs:string"/><xs:element name="value" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="fileReturnRegEx" type="xs:string" minOccurs="0"/>
<xs:element name="includeHeader" type="xs:boolean"/><xs:element name="includeMessageFile" type="xs:boolean"/>
<xs:element name="outputFile" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="directory" type="xs:string" minOccurs="0"/>${file}</xs:sequence></xs:complexType></xs:element>
<xs:element name="pubFile" type="xs:string" minOccurs="0"/><xs:element name="pubFiles" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
</xs:sequence></xs:complexType>
<xs:complexType name="ewsComposeResponse"><xs:sequence>
<xs:element name="engineMessage" type="xs:base64Binary" minOccurs="0"/>
<xs:element name="files" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="fileHeader" minOccurs="0"/>${file}<xs:element name="fileOutput" type="xs:base64Binary"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="statusMessage" type="xs:string" minOccurs="0"/>
</xs:sequence></xs:complexType>
<xs:complexType name="engineServiceException"><xs:sequence><xs:element name="message" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType>
</xs:schema></wsdl:types>
<wsdl:message name="Compose"><wsdl:part name="parameters" element="tns:Compose"/></wsdl:message>
<wsdl:message name="ComposeResponse"><wsdl:part name="parameters" element="tns:ComposeResponse"/></wsdl:message>
<wsdl:message name="EngineServiceException"><wsdl:part name="fault" element="tns:EngineServiceException"/></wsdl:message>
<wsdl:portType name="EngineWebService"><wsdl:operation name="Compose"><wsdl:input message="tns:Compose"/><wsdl:output message="tns:ComposeResponse"/><wsdl:fault name="EngineServiceException" message="tns:EngineServiceException"/></wsdl:operation></wsdl:portType>
<wsdl:binding name="EngineServicePortBinding" type="tns:EngineWebService"><soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/><wsdl:operation name="Compose"><soap:operation soapAction=""/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output><wsdl:fault name="EngineServiceException"><soap:fault name="EngineServiceException" use="literal"/></wsdl:fault></wsdl:operation></wsdl:binding>
<wsdl:service name="EngineService"><wsdl:port name="EngineServicePort" binding="tns:EngineServicePortBinding"><soap:address location="${xmlText(address)}"/></wsdl:port></wsdl:service>
</wsdl:definitions>
`;
}
