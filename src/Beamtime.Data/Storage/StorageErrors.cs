using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Storage;

/// <summary>What can be wrong with storages and the paths in them.</summary>
internal static class StorageErrors
{
    public static readonly ErrorCode Unusable = new(
        "storage.folder.unusable",
        "The folder of a storage does not exist and cannot be made, or is not a folder.",
        "Make the folder, mount what belongs there, or correct storage.places in the site's beamtime.yaml.");

    public static readonly ErrorCode Unwritable = new(
        "storage.folder.unwritable",
        "The program may not write into the folder of a storage.",
        "Give the program's account the right to write there.");

    public static readonly ErrorCode Full = new(
        "storage.folder.full",
        "A storage has less free space than it needs or than is to stay free on it.",
        "Free space on the storage, or lower its reserve_bytes.",
        RetryClass.Later);

    public static readonly ErrorCode Overlap = new(
        "storage.folder.overlap",
        "Two storages share a folder, or one lies in the other, so that a copy could be its own source.",
        "Give each storage a folder of its own.");

    public static readonly ErrorCode Unknown = new(
        "storage.unknown", "No storage has this name.", "Name a storage of the site; `beamtime config explain` lists them.");

    public static readonly ErrorCode Escape = new(
        "storage.path.escape",
        "A path leads out of its storage, through '..', an absolute path or a symbolic link.",
        "Name a path below the storage's folder that no link leads out of.");

    public static readonly ErrorCode Outside = new(
        "storage.path.outside",
        "A file lies in no configured storage, or not in the one that it must lie in.",
        "Configure the storage that holds the file, or move the file into one.");
}
