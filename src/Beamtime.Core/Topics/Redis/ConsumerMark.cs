using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>How far a consumer has come, as it stands in the topic's hash of acknowledgements.</summary>
/// <param name="Log">Which log.</param>
/// <param name="Epoch">Epoch of the last entry that it has read, so that reading goes on behind it.</param>
/// <param name="Until">First offset that it still needs.</param>
internal readonly record struct ConsumerMark(long Log, long Epoch, long Until)
{
    /// <summary>As it is stored.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Log} {Epoch} {Until}");

    /// <summary>Reads one.</summary>
    /// <param name="stored">As it is stored; null gives null.</param>
    public static ConsumerMark? Read(RespValue stored)
    {
        if (stored.IsNull)
        {
            return null;
        }

        var parts = stored.ToString().Split(' ');
        return parts.Length == 3 && Number(parts[0], out var log) && Number(parts[1], out var epoch) && Number(parts[2], out var until)
            ? new ConsumerMark(log, epoch, until)
            : throw RedisErrors.Command.Fault($"A hash of acknowledgements holds '{stored}'.");
    }

    private static bool Number(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
