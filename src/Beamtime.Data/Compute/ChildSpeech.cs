using System.Text.Json;

namespace Beamtime.Data.Compute;

/// <summary>What a compute process prints: JSON lines are understood, the end of the rest is kept for people.</summary>
/// <param name="progress">Hears how far it is, or null.</param>
internal sealed class ChildSpeech(IProgress<ReconstructionProgress>? progress)
{
    private const int KeptLines = 20;
    private readonly Lock _turn = new();
    private readonly Queue<string> _rest = new();

    /// <summary>The last line that told an end.</summary>
    public ComputeLine? Last { get; private set; }

    /// <summary>The last lines that are no JSON.</summary>
    public string Rest
    {
        get
        {
            lock (_turn)
            {
                return _rest.Count == 0 ? "nothing" : string.Join(" | ", _rest);
            }
        }
    }

    /// <summary>Takes a line of either stream; does not throw.</summary>
    /// <param name="line">The line.</param>
    public void Hear(string line)
    {
        lock (_turn)
        {
            switch (Parse(line))
            {
                case { Event: ComputeEvent.Progress, Done: { } done, Of: { } of }:
                    progress?.Report(new ReconstructionProgress((int)done, (int)of));
                    break;
                case { } end:
                    Last = end;
                    break;
                default:
                    _rest.Enqueue(line);
                    if (_rest.Count > KeptLines)
                    {
                        _rest.Dequeue();
                    }

                    break;
            }
        }
    }

    private static ComputeLine? Parse(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonSerializer.Deserialize(line, ComputeLineJson.Default.ComputeLine) : null;
        }
        catch (JsonException)
        {
            // A library's own output may begin with a brace; it is kept as it is.
            return null;
        }
    }
}
