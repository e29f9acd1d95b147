using System.Diagnostics;
using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>
/// Binds the arguments of one request to a scan's declaration: finds each under its name or alias, checks type, bounds,
/// choices and devices, fills in defaults, and gathers every reason against them. Used once.
/// </summary>
internal sealed class ArgumentBinder(ScanDeclaration declaration, DeviceBook roster)
{
    private readonly List<Reason> _reasons = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Complete arguments, or every reason against them.</summary>
    /// <param name="request">The request.</param>
    public Outcome<ScanArguments> Bind(ScanRequest request)
    {
        // A request from JSON may hold nulls wherever a text belongs.
        _reasons.AddRange(request.Args.Index().Where(a => a.Item is null).Select(a =>
            ScanErrors.InvalidParameter.Because($"Positional argument {a.Index + 1} is null.")));
        _reasons.AddRange(request.Parameters.Concat(request.Metadata).Where(p => p.Value is null).Select(p =>
            ScanErrors.InvalidParameter.Because($"{p.Key} is null; leave it out instead.")));
        if (_reasons.Count > 0)
        {
            return new Refused<ScanArguments>(_reasons);
        }

        var bundles = BindBundles(request.Args, request.Parameters);
        var named = BindNamed(request.Parameters);
        CheckLimits(bundles, named);
        // A name that does not exist comes first: it often explains what is missing.
        return _reasons.Count > 0
            ? new Refused<ScanArguments>([.. _reasons.OrderByDescending(r => r.Code == ScanErrors.UnknownParameter.Code)])
            : new Accepted<ScanArguments>(new ScanArguments(bundles, named));
    }

    private List<IReadOnlyList<string>> BindBundles(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> given)
    {
        var size = declaration.Bundle.Count;
        var (least, most) = declaration.Bundles;
        // One bundle, or the rest of it, may be given by name.
        if (size > 0 && args.Count < size && declaration.Bundle.Skip(args.Count).Any(p => Take(p, given) is not null))
        {
            return BindOne(args, given);
        }

        if (size == 0 ? args.Count > 0 : args.Count % size != 0 || args.Count / size < least || args.Count / size > most)
        {
            var shape = string.Join(' ', declaration.Bundle.Select(p => p.Name.ToUpperInvariant()));
            _reasons.Add(ScanErrors.InvalidParameter.Because(size == 0
                ? $"{declaration.Name} takes no positional arguments, {args.Count} were given."
                : $"{declaration.Name} takes {Times(least, most)}{shape}; {args.Count} arguments were given."));
            return [];
        }

        List<IReadOnlyList<string>> bundles = [];
        foreach (var bundle in args.Chunk(Math.Max(1, size)))
        {
            bundles.Add([.. bundle.Index().Select(a => Checked(declaration.Bundle[a.Index], a.Item))]);
        }

        DemandDistinct(bundles);
        return bundles;
    }

    private List<IReadOnlyList<string>> BindOne(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> given)
    {
        string[] bundle = new string[declaration.Bundle.Count];
        foreach (var (i, parameter) in declaration.Bundle.Index())
        {
            bundle[i] = i < args.Count
                ? Checked(parameter, args[i])
                : Value(parameter, given) ?? "";
        }

        if (declaration.Bundles.Least > 1)
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because(
                $"{declaration.Name} takes at least {declaration.Bundles.Least} times its positional arguments; only one can be given by name."));
        }

        DemandDistinct([bundle]);
        return [bundle];
    }

    private Dictionary<string, string> BindNamed(IReadOnlyDictionary<string, string> given)
    {
        Dictionary<string, string> named = new(StringComparer.Ordinal);
        foreach (var parameter in declaration.Parameters)
        {
            if (Value(parameter, given) is { } value)
            {
                named[parameter.Name] = value;
            }
        }

        foreach (var group in declaration.Parameters.Where(p => p.Alternative is not null).GroupBy(p => p.Alternative))
        {
            CheckAlternatives([.. group], [.. group.Where(p => Names(p).Any(given.ContainsKey))]);
        }

        string[] known = [.. declaration.Parameters.Concat(declaration.Bundle).SelectMany(Names)];
        _reasons.AddRange(given.Keys.Where(k => !_used.Contains(k)).Select(k => declaration.Bundle.Any(p => Names(p).Contains(k))
            ? ScanErrors.InvalidParameter.Because($"{k} is given by name and among the positional arguments; give it once.")
            : ScanErrors.UnknownParameter.Because($"{declaration.Name} has no parameter '{k}'{NearestName.Question(k, known)}")));
        return named;
    }

    private void CheckAlternatives(ScanParameter[] all, ScanParameter[] given)
    {
        var names = string.Join(", ", all.Select(p => p.Name));
        if (given.Length > 1)
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because(
                $"{string.Join(" and ", given.Select(p => p.Name))} are given; {declaration.Name} takes one of {names}."));
        }
        else if (given.Length == 0 && !all.Any(p => p.Default is not null || p.IsOptional))
        {
            _reasons.Add(ScanErrors.MissingParameter.Because($"{declaration.Name} needs one of {names}."));
        }
    }

    // The checked value of a parameter, its default, or null where it is optional; a reason where it is missing.
    private string? Value(ScanParameter parameter, IReadOnlyDictionary<string, string> given)
    {
        if (Take(parameter, given) is { } text)
        {
            return Checked(parameter, text);
        }

        if (parameter.Default is { } fallback)
        {
            return Checked(parameter, fallback);
        }

        if (parameter.IsRequired)
        {
            _reasons.Add(ScanErrors.MissingParameter.Because(
                $"{declaration.Name} needs {parameter.Name}{Unit(parameter)}: {parameter.Description}"));
        }

        return null;
    }

    private string? Take(ScanParameter parameter, IReadOnlyDictionary<string, string> given)
    {
        string[] names = [.. Names(parameter).Where(given.ContainsKey)];
        // A second look at the same parameter tells nothing twice.
        if (names.Count(_used.Add) > 1)
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because(
                $"{string.Join(" and ", names)} are two names of one parameter; give it once."));
        }

        return names.Length > 0 ? given[names[0]] : null;
    }

    private string Checked(ScanParameter parameter, string text)
    {
        switch (parameter.Type)
        {
            case ParameterType.Number or ParameterType.Integer:
                CheckNumber(parameter, text);
                break;
            case ParameterType.Flag when text is not ("true" or "false"):
                _reasons.Add(ScanErrors.InvalidParameter.Because($"{parameter.Name} is '{text}', expected true or false."));
                break;
            case ParameterType.Device or ParameterType.Positioner when text.Length > 0 || parameter.Default != "":
                CheckDevice(parameter, text);
                break;
            case ParameterType.Text when parameter.Choices.Count > 0 && !parameter.Choices.Contains(text):
                _reasons.Add(ScanErrors.InvalidParameter.Because(
                    $"{parameter.Name} is '{text}', expected one of {parameter.Range()}{NearestName.Question(text, parameter.Choices)}"));
                break;
            case ParameterType.Numbers or ParameterType.Devices or ParameterType.Regions or ParameterType.RegionPairs:
                CheckList(parameter, text);
                break;
        }

        return text;
    }

    private void CheckNumber(ScanParameter parameter, string text)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number);
        if (!isNumber || (parameter.Type == ParameterType.Integer && !int.TryParse(text, CultureInfo.InvariantCulture, out _)))
        {
            var kind = parameter.Type == ParameterType.Integer ? "a whole number" : "a number";
            _reasons.Add(ScanErrors.InvalidParameter.Because($"{parameter.Name} is '{text}', expected {kind}{Unit(parameter)}."));
        }
        else
        {
            CheckBounds(parameter, number);
        }
    }

    private void CheckBounds(ScanParameter parameter, double number)
    {
        if (!parameter.Allows(number))
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because(string.Create(
                CultureInfo.InvariantCulture, $"{parameter.Name} is {number}, allowed is {parameter.Range()}{Unit(parameter)}.")));
        }
    }

    private void CheckList(ScanParameter parameter, string text)
    {
        try
        {
            switch (parameter.Type)
            {
                case ParameterType.Numbers:
                    DemandItems(parameter, ArgumentText.Numbers(text)).ForEach(n => CheckBounds(parameter, n));
                    break;
                case ParameterType.Devices:
                    var names = ArgumentText.Names(text);
                    names.Distinct().ToList().ForEach(name => CheckDevice(parameter, name));
                    break;
                case ParameterType.Regions:
                    DemandItems(parameter, ArgumentText.Regions(text));
                    break;
                case ParameterType.RegionPairs:
                    DemandItems(parameter, ArgumentText.RegionPairs(text));
                    break;
                default:
                    throw new UnreachableException();
            }
        }
        catch (FormatException error)
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because(
                $"{parameter.Name} is '{ScanEnded.Shortened(text)}': {error.Message}; for instance {parameter.Example}."));
        }
    }

    private List<T> DemandItems<T>(ScanParameter parameter, IReadOnlyList<T> items)
    {
        if (items.Count == 0)
        {
            _reasons.Add(ScanErrors.InvalidParameter.Because($"{parameter.Name} is empty; for instance {parameter.Example}."));
        }

        return [.. items];
    }

    private void CheckDevice(ScanParameter parameter, string name)
    {
        switch (roster.Find(name))
        {
            case Refused<KnownDevice> refused:
                _reasons.AddRange(refused.Reasons);
                break;
            case Accepted<KnownDevice>(var device) when parameter.Type == ParameterType.Positioner
                && (device.Hinted is not { IsSettable: true } || device.Description.ReadOnly):
                _reasons.Add(DeviceErrors.Unable.Because($"{name} cannot be moved."));
                break;
        }
    }

    private void DemandDistinct(IReadOnlyList<IReadOnlyList<string>> bundles)
    {
        var devices = bundles.SelectMany(b => b.Where((text, i) => text.Length > 0
            && declaration.Bundle[i].Type is ParameterType.Device or ParameterType.Positioner));
        _reasons.AddRange(devices.GroupBy(d => d).Where(g => g.Count() > 1).Select(g =>
            ScanErrors.InvalidParameter.Because($"{g.Key} is given {g.Count()} times; a device can take part once.")));
    }

    private void CheckLimits(List<IReadOnlyList<string>> bundles, Dictionary<string, string> named)
    {
        if (_reasons.Count > 0)
        {
            return;
        }

        foreach (var bundle in bundles)
        {
            foreach (var (i, parameter) in declaration.Bundle.Index())
            {
                CheckLimit(parameter, bundle[i], name => declaration.Bundle.Index().Where(p => p.Item.Name == name)
                    .Select(p => bundle[p.Index]).FirstOrDefault() ?? named.GetValueOrDefault(name));
            }
        }

        foreach (var parameter in declaration.Parameters.Where(p => named.ContainsKey(p.Name)))
        {
            CheckLimit(parameter, named[parameter.Name], name => named.GetValueOrDefault(name)
                ?? declaration.Bundle.Index().Where(p => p.Item.Name == name && bundles.Count == 1)
                    .Select(p => bundles[0][p.Index]).FirstOrDefault());
        }
    }

    private void CheckLimit(ScanParameter parameter, string text, Func<string, string?> valueOf)
    {
        if (parameter.LimitsOf is { } reference
            && valueOf(reference) is { Length: > 0 } name
            && roster.Find(name) is Accepted<KnownDevice>({ Hinted: { Limits: var (low, high) } signal }))
        {
            var numbers = parameter.Type == ParameterType.Numbers ? ArgumentText.Numbers(text) : [ArgumentText.Number(text)];
            _reasons.AddRange(numbers.Where(n => n < low || n > high).Take(1).Select(n => ScanErrors.Limit.Because(
                $"{parameter.Name} is {n}; the limits of {name} are {low} to {high} {signal.Unit}.")));
        }
    }

    private static IEnumerable<string> Names(ScanParameter parameter) => parameter.Aliases.Prepend(parameter.Name);

    private static string Times(int least, int most) => (least, most) switch
    {
        (1, 1) => "",
        _ => $"{least} to {most} times ",
    };

    private static string Unit(ScanParameter parameter) => parameter switch
    {
        { Unit: { } unit } => $" in {unit}",
        { UnitOf: { } device } => $" in the unit of {device}",
        _ => "",
    };
}
