using System.Diagnostics;
using Beamtime.Core.Ledger;

namespace Beamtime.Data.Datasets;

/// <summary>What a data set's entries say on the timeline.</summary>
internal static class DatasetWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(DatasetEntry entry) => entry switch
    {
        DatasetRegistered registered => new EntryWords(
            $"registered: {EntryWords.Count(registered.Files.Count, "file")}, "
            + $"{EntryWords.Size(registered.Files.Sum(file => file.Bytes))}, made by {registered.Made}")
        {
            Details =
            [
                new EntryDetail("beamline", registered.Beamline),
                .. registered.DerivedFrom.Select(from => new EntryDetail("derived from", from.ToString())),
                .. registered.Parameters.Select(parameter => new EntryDetail(parameter.Key, parameter.Value)),
            ],
        },
        DatasetPlaced placed => new EntryWords($"found on storage {placed.Storage}")
        {
            Details = [new EntryDetail("folder", placed.Folder)],
        },
        FileCopied copied => new EntryWords(copied.WasThere
            ? $"copy of {copied.Path} lay on {copied.Storage} already"
            : $"copied {copied.Path} to {copied.Storage}")
        {
            Details = [new EntryDetail("size", EntryWords.Number(copied.Bytes), "bytes"), new EntryDetail("SHA-256", copied.Sha256)],
        },
        FileVerified verified => new EntryWords($"verified {verified.Path} on {verified.Storage}")
        {
            Details = [new EntryDetail("SHA-256", verified.Sha256)],
        },
        FileBroken broken => new EntryWords($"copy of {broken.Path} on {broken.Storage} is broken: {broken.Message}")
        {
            IsTrouble = true,
            Details = [new EntryDetail("code", broken.Code)],
        },
        DatasetSecured secured => new EntryWords($"secured: every file is verified on {secured.Storage}"),
        DatasetDerived derived => new EntryWords($"{derived.Name} was computed from it")
        {
            Details = [new EntryDetail("data set", derived.Dataset.ToString())],
        },
        _ => throw new UnreachableException(),
    };
}
