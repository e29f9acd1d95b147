using Beamtime.Control.Devices;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Beamline;

/// <summary>What can be wrong with the definition of a state.</summary>
internal static class StateCheck
{
    /// <summary>Every mistake in a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="roster">The devices that it may name.</param>
    /// <param name="permits">The permits that it may name.</param>
    public static IEnumerable<string> Against(StateDefinition definition, DeviceBook roster, IReadOnlyList<string> permits)
    {
        if (definition.Name.Length is 0 or > 64 || !char.IsAsciiLetter(definition.Name[0])
            || definition.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            yield return $"'{definition.Name}' cannot be the name of a state: a letter, then letters, digits, - and _, at most 64";
        }

        if (!(definition.HoldSeconds is >= 0 and <= 3600))
        {
            yield return $"the state must hold for 0 to 3600 s, not {definition.HoldSeconds}";
        }

        if (definition.Description.Length > 200)
        {
            yield return $"the description has {definition.Description.Length} characters; 200 are kept";
        }

        if (definition.Kind == StateKind.Permit)
        {
            if (!permits.Contains(definition.Address))
            {
                yield return $"no permit '{definition.Address}' is described{NearestName.Question(definition.Address, permits)}";
            }

            if (definition.Low is not null || definition.High is not null)
            {
                yield return "a permit has no limits";
            }

            yield break;
        }

        if (roster.MistakeIn(definition.Address) is { } mistake)
        {
            yield return mistake;
        }

        if (definition.Low is null && definition.High is null)
        {
            yield return "it needs low, high or both";
        }

        if (!(definition.Tolerance >= 0) || !double.IsFinite(definition.Tolerance)
            || !double.IsFinite(definition.Low ?? 0) || !double.IsFinite(definition.High ?? 0))
        {
            yield return "limits and tolerance are numbers, the tolerance not below 0";
        }
        else if (definition.Low + (2 * definition.Tolerance) > definition.High)
        {
            yield return $"{definition.Low} to {definition.High} leaves no room within a tolerance of {definition.Tolerance}";
        }
    }
}
