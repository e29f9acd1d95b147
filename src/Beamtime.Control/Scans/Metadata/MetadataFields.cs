using System.Globalization;
using System.IO.Enumeration;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Checks the metadata of a request against the declared fields.</summary>
internal sealed class MetadataFields(MetadataOptions options)
{
    /// <summary>Characters of a key.</summary>
    public const int LongestKey = 64;

    /// <summary>Whether files can have that name.</summary>
    /// <param name="key">The key.</param>
    public static bool IsKey(string key) =>
        key.Length is > 0 and <= LongestKey && key is not ("." or "..") && !key.Any(c => c == '/' || char.IsControl(c));

    /// <summary>The fields of a scan; all when no scan is named.</summary>
    /// <param name="scan">The scan's name.</param>
    public IEnumerable<KeyValuePair<string, MetadataField>> Of(string? scan) =>
        options.Fields.Where(f => scan is null || IsFor(f.Value, scan)).OrderBy(f => f.Key, StringComparer.Ordinal);

    /// <summary>All reasons against keys as such.</summary>
    /// <param name="keys">The keys.</param>
    public static IEnumerable<Reason> Refusals(IEnumerable<string> keys) => keys.Where(key => !IsKey(key))
        .Select(key => MetadataErrors.Key.Because($"'{ScanEnded.Shortened(key)}' cannot be a key of metadata."));

    /// <summary>All reasons against what a request has, and lacks.</summary>
    /// <param name="request">The request, with what contexts add.</param>
    public IEnumerable<Reason> Refusals(ScanRequest request) =>
    [
        .. Refusals(request.Metadata.Keys),
        .. options.Fields.Where(f => IsFor(f.Value, request.Scan)).SelectMany(f => Refusals(f.Key, f.Value, request)),
        .. options.AllowOthers ? [] : request.Metadata.Keys.Where(key => !options.Fields.ContainsKey(key)).Select(key =>
            MetadataErrors.Undeclared.Because($"'{key}' is not declared{NearestName.Question(key, options.Fields.Keys)}")),
    ];

    private static IEnumerable<Reason> Refusals(string key, MetadataField field, ScanRequest request)
    {
        if (!request.Metadata.TryGetValue(key, out var value))
        {
            if (field.Required)
            {
                yield return MetadataErrors.Missing.Because(
                    $"A {request.Scan} scan needs {key}{(field.Text.Length > 0 ? $": {field.Text}" : "")}.");
            }

            yield break;
        }

        if (Mistake(field, value) is { } mistake)
        {
            yield return MetadataErrors.Invalid.Because($"{key} is '{ScanEnded.Shortened(value)}', {mistake}.");
        }
    }

    private static string? Mistake(MetadataField field, string value)
    {
        double number = 0;
        if (field.Type is MetadataType.Number or MetadataType.Integer
            && (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out number) || !double.IsFinite(number)))
        {
            return "expected a number";
        }

        return field switch
        {
            { Type: MetadataType.Integer } when !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                "expected a whole number",
            { Type: MetadataType.Flag } when value is not ("true" or "false") => "expected true or false",
            _ when number < field.Low || number > field.High => string.Create(
                CultureInfo.InvariantCulture, $"expected {field.Low?.ToString(CultureInfo.InvariantCulture) ?? "any"} to {field.High?.ToString(CultureInfo.InvariantCulture) ?? "any"} {field.Unit}").TrimEnd(),
            { Choices.Count: > 0 } when !field.Choices.Contains(value) => $"expected one of {string.Join(", ", field.Choices)}",
            { Expression: { } expression } when !expression.IsMatch(value) => $"expected {field.Pattern}",
            _ => null,
        };
    }

    private static bool IsFor(MetadataField field, string scan) =>
        field.Scans.Count == 0 || field.Scans.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, scan, ignoreCase: false));
}
