namespace Beamtime.Core.Topics.Spool;

/// <summary>What a spool of this host holds, for whoever looks and changes nothing.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="IsHeld">Whether a process has it.</param>
/// <param name="Streams">The streams of which records are still needed, and how many, as far as the files say.</param>
internal sealed record SpoolSurvey(string Folder, bool IsHeld, IReadOnlyDictionary<string, int> Streams)
{
    /// <summary>Looks at every spool of a folder.</summary>
    /// <param name="folder">The folder of all spools.</param>
    public static IReadOnlyList<SpoolSurvey> Of(string folder) => !Directory.Exists(folder)
        ? []
        : [.. Directory.GetDirectories(folder).Where(HasSegments).Order(StringComparer.Ordinal)
            .Select(f => SpoolLock.IsTaken(f) ? new SpoolSurvey(f, true, new Dictionary<string, int>()) : new SpoolSurvey(f, false, Needed(f)))];

    /// <summary>Whether a folder is a spool with something in it.</summary>
    /// <param name="folder">The folder.</param>
    public static bool HasSegments(string folder) => Segments(folder).Any();

    private static IEnumerable<string> Segments(string folder) => Directory.GetFiles(folder, "*" + SpoolSegment.Suffix)
        .Where(p => SpoolSegment.NumberOf(p) is not null).OrderBy(p => SpoolSegment.NumberOf(p));

    private static Dictionary<string, int> Needed(string spool)
    {
        Dictionary<string, (long Tag, List<long> Sequences)> streams = new(StringComparer.Ordinal);
        foreach (var path in Segments(spool))
        {
            ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
            for (; SpoolFormat.TryRead(bytes, out var kind, out var record, out var size); bytes = bytes[size..])
            {
                var known = streams.GetValueOrDefault(record.Stream, (record.Tag, []));
                known = known.Tag == record.Tag ? known : (record.Tag, []);
                if (kind == SpoolFormat.Mark)
                {
                    known.Item2.RemoveAll(s => s < record.Sequence);
                }
                else if (kind == SpoolFormat.Record)
                {
                    known.Item2.Add(record.Sequence);
                }

                streams[record.Stream] = known;
            }
        }

        return streams.Where(s => s.Value.Sequences.Count > 0).ToDictionary(s => s.Key, s => s.Value.Sequences.Count);
    }
}
