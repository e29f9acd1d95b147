using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Beamtime.Cli;

/// <summary>Reads lines as bytes, however long they are, each with its line feed.</summary>
internal static class LineReader
{
    /// <summary>The lines of a stream; the last has no line feed when it was cut off.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancel">Ends reading.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancel);
                var buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var next = buffer.GetPosition(1, end);
                    yield return buffer.Slice(0, next).ToArray();
                    buffer = buffer.Slice(next);
                }

                if (result.IsCompleted)
                {
                    if (!buffer.IsEmpty)
                    {
                        yield return buffer.ToArray();
                    }

                    yield break;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
