using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>What the facility demands of the metadata of scans.</summary>
[SettingsSection("metadata")]
internal sealed record MetadataOptions : IValidatableObject
{
    /// <summary>The declared fields.</summary>
    [Description("Fields of metadata that the facility declares, by key; checked when a scan is asked for.")]
    public Dictionary<string, MetadataField> Fields { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Whether other keys may be there.</summary>
    [Description("Whether scans may have metadata under keys that are not declared.")]
    public bool AllowOthers { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (key, field) in Fields)
        {
            if (!MetadataFields.IsKey(key))
            {
                yield return new ValidationResult($"fields: '{key}' cannot be a key of metadata");
            }

            foreach (var mistake in field.Mistakes())
            {
                yield return new ValidationResult($"fields.{key}: {mistake}");
            }
        }
    }
}

/// <summary>What the value of a field is.</summary>
internal enum MetadataType
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Flag,
}

/// <summary>A declared field of metadata.</summary>
internal sealed record MetadataField
{
    /// <summary>What it is for.</summary>
    [Description("what the field is for, as people are told it")]
    public string Text { get; set; } = "";

    /// <summary>What its value is.</summary>
    [Description("what the value is: text, number, integer or flag")]
    public MetadataType Type { get; set; } = MetadataType.Text;

    /// <summary>Whether it must be there.</summary>
    [Description("whether a scan without it is refused")]
    public bool Required { get; set; }

    /// <summary>The scans it is for.</summary>
    [Description("patterns of the names of scans it is for, with * and ?; none for all")]
    public List<string> Scans { get; set; } = [];

    /// <summary>The values there are.</summary>
    [Description("the values that are allowed; none for any")]
    public List<string> Choices { get; set; } = [];

    /// <summary>What a text must look like.</summary>
    [Description("regular expression that the whole value must match; empty for any")]
    public string Pattern { get; set; } = "";

    /// <summary>The least number.</summary>
    [Description("the least number")]
    public double? Low { get; set; }

    /// <summary>The largest number.</summary>
    [Description("the largest number")]
    public double? High { get; set; }

    /// <summary>Unit of a number.</summary>
    [Description("unit of a number, as files state it")]
    public string Unit { get; set; } = "";

    /// <summary>The compiled pattern; matching never takes longer than its input is long.</summary>
    internal Regex? Expression => Pattern.Length == 0
        ? null
        : field ??= new Regex($@"\A(?:{Pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>What is wrong with the declaration.</summary>
    internal IEnumerable<string> Mistakes()
    {
        var isNumber = Type is MetadataType.Number or MetadataType.Integer;
        if (!isNumber && (Low is not null || High is not null || Unit.Length > 0))
        {
            yield return "low, high and unit are for numbers";
        }

        if (Low > High)
        {
            yield return "low is above high";
        }

        var isExpression = true;
        try
        {
            _ = Expression;
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            isExpression = false;
        }

        if (!isExpression)
        {
            yield return $"pattern '{Pattern}' is no regular expression without look-around and back references";
        }
    }
}
