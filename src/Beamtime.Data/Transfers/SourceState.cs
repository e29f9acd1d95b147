using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Transfers;

/// <summary>What a source looked like before it was read.</summary>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedAt">Last modification, UTC.</param>
internal sealed record SourceState(long Bytes, DateTimeOffset ModifiedAt)
{
    /// <summary>Looks at an order's source; refuses one that is missing or not of the recorded size.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="RefusedException">It is missing or of another size than was recorded.</exception>
    public static SourceState Of(CopyOrder order)
    {
        var file = new FileInfo(order.Source);
        if (!file.Exists)
        {
            throw new RefusedException(TransferErrors.SourceMissing.Because($"{order.Source} does not exist"));
        }

        return order.Bytes is { } expected && expected != file.Length
            ? throw new RefusedException(TransferErrors.SourceChanged.Because(
                $"{order.Source} has {file.Length} bytes, recorded were {expected}"))
            : new SourceState(file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
    }

    /// <summary>Refuses a source that no longer looks the same under its name.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="RefusedException"><c>transfer.source.changed</c>.</exception>
    public void DemandUnchanged(CopyOrder order)
    {
        var now = new FileInfo(order.Source);
        if (!now.Exists)
        {
            throw new RefusedException(TransferErrors.SourceChanged.Because($"{order.Source} vanished while it was copied"));
        }

        if (now.Length != Bytes || now.LastWriteTimeUtc != ModifiedAt.UtcDateTime)
        {
            throw new RefusedException(TransferErrors.SourceChanged.Because(
                $"{order.Source} was changed while it was copied: {Bytes} bytes of {ModifiedAt:O} became {now.Length} of {now.LastWriteTimeUtc:O}"));
        }
    }
}
