using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>One signal in a scan's file.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal.</param>
/// <param name="Shape">Lengths of its axes; empty for a single value. Of rows with lengths of their own: how many there are.</param>
/// <param name="Type">Type of its values: <c>float64</c>, <c>text</c>; <c>rows</c> for rows with lengths of their own.</param>
/// <param name="Unit">Unit symbol; null for none.</param>
internal sealed record RecordedSignal(string Device, string Signal, IReadOnlyList<long> Shape, string Type, string? Unit);

/// <summary>Lists what is in the final file of a scan.</summary>
internal static class RecordingContents
{
    // A list is kept with each scan; beyond this nobody reads it, and the file itself tells the rest.
    private const int MostSignals = 5000;

    /// <summary>The signals of all devices in a closed recording; none where its file cannot be read any more.</summary>
    /// <param name="closed">The recording.</param>
    public static IReadOnlyList<RecordedSignal> Read(RecordingClosed closed)
    {
        if (closed.Files.Count == 0)
        {
            return [];
        }

        try
        {
            using var file = H5File.Open(Path.Combine(closed.Folder, closed.Files[0].Name));
            return [.. Read(file).Take(MostSignals)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Moved or removed since: the recording is registered all the same.
            return [];
        }
    }

    private static IEnumerable<RecordedSignal> Read(H5File file)
    {
        if (!file.Exists(LiveLayout.Devices))
        {
            yield break;
        }

        foreach (var device in ChildrenOf(file, LiveLayout.Devices))
        {
            foreach (var signal in ChildrenOf(file, $"{LiveLayout.Devices}/{device}"))
            {
                var path = $"{LiveLayout.Devices}/{device}/{signal}/value";
                if (file.KindOf(path) != H5ObjectKind.Dataset)
                {
                    continue;
                }

                using var set = file.OpenDataset(path);
                yield return new RecordedSignal(
                    device, signal, set.Shape, NameOf(set.ElementType),
                    set.Attributes.Contains("units") ? set.Attributes.ReadString("units") : null);
            }
        }
    }

    private static IEnumerable<string> ChildrenOf(H5File file, string path)
    {
        using var group = file.OpenGroup(path);
        return [.. group.ReadChildren().Where(c => c.Kind == H5ObjectKind.Group).Select(c => c.Name)];
    }

    private static string NameOf(H5ElementType type) => type switch
    {
        { Kind: H5ElementKind.Float, Size: var size } => $"float{8 * size}",
        { Kind: H5ElementKind.Integer, Size: var size, IsSigned: true } => $"int{8 * size}",
        { Kind: H5ElementKind.Integer, Size: var size } => $"uint{8 * size}",
        { Kind: H5ElementKind.Bool } => "bool",
        { Kind: H5ElementKind.String } => "text",
        _ => "rows",
    };
}
