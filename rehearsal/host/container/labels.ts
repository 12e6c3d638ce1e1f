/** Labels on everything that a world has at the machine's container engine: by them it is found again and removed. */
import { type Owner, writeOwner } from "./owner.ts";

/** Random name of the world. */
export const worldLabel = "liftlock.rehearsal.world";
/** Process that the world lives in; see `owner.ts`. */
export const ownerLabel = "liftlock.rehearsal.owner";
/** Folder with the disks of the world's hosts. */
export const folderLabel = "liftlock.rehearsal.folder";

export type Labels = Readonly<Record<string, string>>;

export const labelsOf = (world: string, owner: Owner, folder: string): Labels => ({
  [worldLabel]: world,
  [ownerLabel]: writeOwner(owner),
  [folderLabel]: folder,
});

/** Query of the engine's lists: only what carries this label, of this value if one is given. */
export const withLabel = (label: string, value?: string): string =>
  `filters=${encodeURIComponent(JSON.stringify({ label: [value === undefined ? label : `${label}=${value}`] }))}`;
