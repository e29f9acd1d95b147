using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What a parameter's values are.</summary>
internal enum ProcedureParameterType
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>A parameter of a procedure.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Unit">Unit symbol; null for none.</param>
/// <param name="Low">Lowest allowed; null for no bound.</param>
/// <param name="High">Highest allowed; null for no bound.</param>
/// <param name="Default">Value when it is not given, as text; null when it is required.</param>
/// <param name="Description">What it means.</param>
internal sealed record ProcedureParameter(
    string Name, ProcedureParameterType Type, string? Unit, double? Low, double? High, string? Default, string Description)
{
    /// <summary>The value that a text means, or the reason why it means none.</summary>
    /// <param name="text">The text.</param>
    public Outcome<Value> Read(string text)
    {
        switch (Type)
        {
            case ProcedureParameterType.Text:
                return new Accepted<Value>(Value.Of(text));
            case ProcedureParameterType.Flag:
                return text is "true" or "false"
                    ? new Accepted<Value>(Value.Of(text == "true"))
                    : Invalid($"{Name} is '{text}', expected true or false.");
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)
            || (Type == ProcedureParameterType.Integer && !double.IsInteger(number)))
        {
            return Invalid($"{Name} is '{text}', expected {(Type == ProcedureParameterType.Integer ? "a whole" : "a")} number.");
        }

        return number < Low || number > High
            ? Invalid(string.Create(CultureInfo.InvariantCulture, $"{Name} is {number} {Unit}, allowed is {Low} to {High} {Unit}."))
            : new Accepted<Value>(Value.Of(number));
    }

    private static Refused<Value> Invalid(string what) => new([ProcedureErrors.ParameterInvalid.Because(what)]);
}

/// <summary>A procedure of the site's runbook.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">What it is given.</param>
/// <param name="Steps">Its steps, in order.</param>
/// <param name="Closing">Steps that end it in any case, in order.</param>
internal sealed record ProcedureDefinition(
    string Name,
    string Description,
    IReadOnlyList<ProcedureParameter> Parameters,
    IReadOnlyList<ProcedureStep> Steps,
    IReadOnlyList<ProcedureStep> Closing)
{
    /// <summary>All steps, the closing ones last.</summary>
    public IEnumerable<ProcedureStep> All => Steps.Concat(Closing);

    /// <summary>The values of all parameters, or every reason against what was given.</summary>
    /// <param name="given">What was given, by name.</param>
    public Outcome<IReadOnlyDictionary<string, Value>> Bind(IReadOnlyDictionary<string, JsonElement> given)
    {
        string[] names = [.. Parameters.Select(p => p.Name)];
        List<Reason> reasons = [.. given.Keys.Where(k => !names.Contains(k)).Select(k => ProcedureErrors.ParameterUnknown.Because(
            $"{Name} has no parameter '{k}'{NearestName.Question(k, names)}"))];
        Dictionary<string, Value> values = new(StringComparer.Ordinal);
        foreach (var parameter in Parameters)
        {
            var text = given.TryGetValue(parameter.Name, out var json) ? TextOf(json) : parameter.Default;
            switch (text is null ? null : parameter.Read(text))
            {
                case Accepted<Value>(var value):
                    values.Add(parameter.Name, value);
                    break;
                case Refused<Value> refused:
                    reasons.AddRange(refused.Reasons);
                    break;
                default:
                    reasons.Add(ProcedureErrors.ParameterMissing.Because(
                        $"{Name} needs {parameter.Name}{(parameter.Unit is null ? "" : $" in {parameter.Unit}")}: {parameter.Description}"));
                    break;
            }
        }

        return reasons.Count > 0
            ? new Refused<IReadOnlyDictionary<string, Value>>(reasons)
            : new Accepted<IReadOnlyDictionary<string, Value>>(values);
    }

    /// <summary>A hash over the steps with all values that are known: the same hash, the same effects.</summary>
    /// <param name="parameters">The parameters' values.</param>
    public string HashOf(IReadOnlyDictionary<string, Value> parameters)
    {
        var text = string.Join('\n', [Name, .. Steps.Select(s => s.Outline(parameters)), "finally", .. Closing.Select(s => s.Outline(parameters))]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static string TextOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();
}
