using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Transfers;

/// <summary>Why a file could not be copied or a copy not be verified.</summary>
internal static class TransferErrors
{
    public static readonly ErrorCode SourceMissing = new(
        "transfer.source.missing",
        "The file to copy is not there.",
        "Bring the file back from another copy, then run beamtime dataset retry.");

    public static readonly ErrorCode SourceUnreadable = new(
        "transfer.source.unreadable",
        "The file to copy cannot be read.",
        "Give the program's account the right to read it, or check its disk; then wait, or run beamtime dataset retry.",
        RetryClass.Later);

    public static readonly ErrorCode SourceChanged = new(
        "transfer.source.changed",
        "The file to copy is not what was recorded, or was changed while it was copied.",
        "Find what writes to it. A file that changed for good reason is to be registered anew.");

    public static readonly ErrorCode SourceCorrupt = new(
        "transfer.source.corrupt",
        "The file to copy has another checksum than was recorded for it.",
        "Bring the file back from another copy; check the disk and memory of its storage.");

    public static readonly ErrorCode TargetDiffers = new(
        "transfer.target.differs",
        "Another file with other content lies where the copy belongs; nothing was overwritten.",
        "Look at both files; move the one at the target away if it is not wanted, then run beamtime dataset retry.");

    public static readonly ErrorCode TargetUnwritable = new(
        "transfer.target.unwritable",
        "The target's folder cannot be made or written.",
        "Give the program's account the right to write there, or mount the storage; then wait, or run beamtime dataset retry.",
        RetryClass.Later);

    public static readonly ErrorCode TargetFull = new(
        "transfer.target.full",
        "The target's disk has no room for the file and the bytes that are to stay free.",
        "Free space on the storage; the copy is tried again.",
        RetryClass.Later);

    public static readonly ErrorCode DiskFailed = new(
        "transfer.disk.failed",
        "The source or the target could not be read or written, or another program copies to the same name.",
        "Look at the disks and their mounts; the copy is tried again.",
        RetryClass.Later);

    public static readonly ErrorCode CopyMissing = new(
        "transfer.copy.missing",
        "A copy that was made is not there.",
        "Find who removed it; run beamtime dataset retry to make it anew.");

    public static readonly ErrorCode CopyCorrupt = new(
        "transfer.copy.corrupt",
        "A copy reads back with another checksum than what was written.",
        "Check the disk and memory of its storage; move the bad copy away and run beamtime dataset retry.");
}
