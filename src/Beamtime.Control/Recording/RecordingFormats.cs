using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>Which further formats recordings are written in.</summary>
internal static class RecordingFormats
{
    /// <summary>The formats that the settings turn on.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="plugins">The formats of plugins.</param>
    /// <exception cref="RefusedException">One is unknown or has no usable name; all of them.</exception>
    public static IReadOnlyList<FileFormat> Of(RecordingOptions options, PluginRegistry plugins)
    {
        Dictionary<string, FileFormat> known = new(plugins.Formats, StringComparer.Ordinal);
        var spec = new SpecFormat();
        known.TryAdd(spec.Name, spec);
        List<FileFormat> formats = [];
        List<Reason> reasons = [];
        foreach (var name in options.Formats.Distinct())
        {
            if (!known.TryGetValue(name, out var format))
            {
                reasons.Add(RecordingErrors.FormatUnknown.Because(
                    $"recording.formats names '{name}'{NearestName.Question(name, known.Keys)}"));
            }
            else if (!ScanFileName.IsName(format.Name) || format.Name == "master"
                || format.Extension.Length is 0 or > 8 || !format.Extension.All(char.IsAsciiLetterOrDigit))
            {
                reasons.Add(RecordingErrors.FormatUnknown.Because(
                    $"the format '{format.Name}' would make files that end with _{format.Name}.{format.Extension}"));
            }
            else
            {
                formats.Add(format);
            }
        }

        return reasons.Count == 0 ? formats : throw new RefusedException(reasons);
    }
}
