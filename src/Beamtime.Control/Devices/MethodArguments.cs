using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Fits what a caller gives to the parameters of a device's method.</summary>
internal static class MethodArguments
{
    /// <summary>One value a parameter, or every reason why not.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="method">The method.</param>
    /// <param name="positional">Values by position.</param>
    /// <param name="named">Values by name, behind those.</param>
    public static Outcome<IReadOnlyList<Value>> Of(
        string device, DeviceMethod method, IReadOnlyList<Value> positional, IReadOnlyDictionary<string, Value> named)
    {
        var parameters = method.Parameters ?? [];
        List<Reason> reasons = [];
        if (positional.Count > parameters.Count)
        {
            reasons.Add(DeviceErrors.ArgumentInvalid.Because(
                $"{device}.{method.Name} takes {parameters.Count} arguments, not {positional.Count}."));
        }

        var known = parameters.Select(p => p.Name).ToList();
        reasons.AddRange(named.Keys.Where(n => !known.Contains(n)).Select(n => DeviceErrors.ArgumentInvalid.Because(
            $"{device}.{method.Name} has no parameter '{n}'{NearestName.Question(n, known)}")));
        reasons.AddRange(named.Keys.Where(n => known.IndexOf(n) is >= 0 and var place && place < positional.Count).Select(
            n => DeviceErrors.ArgumentInvalid.Because($"{n} of {device}.{method.Name} is given twice.")));
        List<Value> values = [];
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            var given = i < positional.Count ? positional[i] : named.GetValueOrDefault(parameter.Name);
            if (given.IsMissing && parameter.Default is { } text)
            {
                given = Value.Of(text);
            }

            if (given.IsMissing)
            {
                reasons.Add(DeviceErrors.ArgumentInvalid.Because($"{parameter.Name} of {device}.{method.Name} is not given."));
            }
            else if (Fit(parameter, given) is { } value)
            {
                values.Add(value);
            }
            else
            {
                reasons.Add(DeviceErrors.ArgumentInvalid.Because($"{parameter.Name} of {device}.{method.Name} is '{given}', expected {Wanted(parameter)}."));
            }
        }

        return reasons.Count > 0 ? new Refused<IReadOnlyList<Value>>(reasons) : new Accepted<IReadOnlyList<Value>>(values);
    }

    private static Value? Fit(DeviceMethodParameter parameter, Value given)
    {
        var value = given.Type == SignalType.Text && parameter.Type != SignalType.Text
            ? DeviceSettings.ValueOf(new Signal { Name = parameter.Name, Type = parameter.Type }, given.AsText())
            : parameter.Type switch
            {
                SignalType.Text when given.Type == SignalType.Text => given,
                SignalType.Boolean when given.Type == SignalType.Boolean => given,
                SignalType.Float when given.Type is SignalType.Float or SignalType.Integer => Value.Of(given.AsDouble()),
                SignalType.Integer when given.Type == SignalType.Integer || (given.Type == SignalType.Float && double.IsInteger(given.AsDouble())) =>
                    Value.Of(given.AsInteger()),
                _ => null,
            };
        return value is { } fitted
            && (fitted.Type is not (SignalType.Float or SignalType.Integer)
                || (double.IsFinite(fitted.AsDouble()) && !(fitted.AsDouble() < parameter.Low) && !(fitted.AsDouble() > parameter.High)))
            && (parameter.Choices is null || (fitted.Type == SignalType.Text && parameter.Choices.Contains(fitted.AsText())))
            ? fitted
            : null;
    }

    private static string Wanted(DeviceMethodParameter parameter)
    {
        var kind = parameter.Choices is { } choices ? $"one of {string.Join(", ", choices)}" : parameter.Type.ToString();
        return (parameter.Low, parameter.High) switch
        {
            (null, null) => kind,
            ({ } low, null) => $"{kind} of at least {low} {parameter.Unit}".TrimEnd(),
            (null, { } high) => $"{kind} of at most {high} {parameter.Unit}".TrimEnd(),
            ({ } low, { } high) => $"{kind} of {low} to {high} {parameter.Unit}".TrimEnd(),
        };
    }
}
