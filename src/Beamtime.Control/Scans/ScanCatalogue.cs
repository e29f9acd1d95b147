using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Library;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>All scans by name: the built-in ones and those of plugins. Binds requests to declarations.</summary>
internal sealed class ScanCatalogue
{
    private readonly SortedDictionary<string, ScanDeclaration> _scans = new(StringComparer.Ordinal);

    /// <summary>The built-in scans and those of plugins.</summary>
    /// <param name="plugins">What plugins registered.</param>
    /// <exception cref="ArgumentException">A plugin's scan has the name of a built-in one.</exception>
    public ScanCatalogue(PluginRegistry plugins)
    {
        foreach (var scan in ScanModification.Apply(
            [LineScan.Declaration, .. MotionParameters.Scans, .. plugins.Scans.Values], plugins.Modifiers))
        {
            _scans.Add(scan.Name, scan);
        }
    }

    /// <summary>All declarations, by name.</summary>
    public IReadOnlyCollection<ScanDeclaration> All => _scans.Values;

    /// <summary>The declaration of that name; a bug when there is none.</summary>
    /// <param name="name">The scan's name.</param>
    public ScanDeclaration this[string name] => _scans[name];

    /// <summary>Checks a request's arguments against the declaration and fills in defaults.</summary>
    /// <param name="request">The request.</param>
    /// <param name="roster">The devices.</param>
    /// <returns>Complete arguments, or every reason against them.</returns>
    public Outcome<(ScanDeclaration Declaration, ScanArguments Arguments)> Bind(ScanRequest request, DeviceBook roster)
    {
        if (!_scans.TryGetValue(request.Scan, out var declaration))
        {
            return new Refused<(ScanDeclaration, ScanArguments)>(
                [ScanErrors.UnknownName.Because($"No scan '{request.Scan}' is registered{NearestName.Question(request.Scan, _scans.Keys)}")]);
        }

        // A request from JSON may hold nulls wherever a text belongs.
        List<Reason> reasons = [];
        reasons.AddRange(request.Args.Index().Where(a => a.Item is null).Select(a =>
            ScanErrors.InvalidParameter.Because($"Positional argument {a.Index + 1} is null.")));
        reasons.AddRange(request.Parameters.Concat(request.Metadata).Where(p => p.Value is null).Select(p =>
            ScanErrors.InvalidParameter.Because($"{p.Key} is null; leave it out instead.")));
        if (reasons.Count > 0)
        {
            return new Refused<(ScanDeclaration, ScanArguments)>(reasons);
        }

        var bundles = BindBundles(declaration, request.Args, roster, reasons);
        var named = BindNamed(declaration, request.Parameters, roster, reasons);
        return reasons.Count > 0
            ? new Refused<(ScanDeclaration, ScanArguments)>(reasons)
            : new Accepted<(ScanDeclaration, ScanArguments)>((declaration, new ScanArguments(bundles, named)));
    }

    private static List<IReadOnlyList<string>> BindBundles(
        ScanDeclaration declaration, IReadOnlyList<string> args, DeviceBook roster, List<Reason> reasons)
    {
        var size = declaration.Bundle.Count;
        var shape = string.Join(' ', declaration.Bundle.Select(p => p.Name.ToUpperInvariant()));
        var (least, most) = declaration.Bundles;
        if (size == 0 ? args.Count > 0 : args.Count % size != 0 || args.Count / size < least || args.Count / size > most)
        {
            reasons.Add(ScanErrors.InvalidParameter.Because(size == 0
                ? $"{declaration.Name} takes no positional arguments, {args.Count} were given."
                : $"{declaration.Name} takes {least} to {most} times {shape}; {args.Count} arguments were given."));
            return [];
        }

        List<IReadOnlyList<string>> bundles = [];
        for (var from = 0; from < args.Count; from += size)
        {
            List<string> bundle = [];
            for (var i = 0; i < size; i++)
            {
                bundle.Add(Checked(declaration.Bundle[i], args[from + i], roster, reasons));
            }

            bundles.Add(bundle);
        }

        var devices = bundles.SelectMany(b => b.Where((_, i) => IsDevice(declaration.Bundle[i])));
        reasons.AddRange(devices.GroupBy(d => d).Where(g => g.Count() > 1).Select(g =>
            ScanErrors.InvalidParameter.Because($"{g.Key} is given {g.Count()} times; a device can take part once.")));
        return bundles;
    }

    private static Dictionary<string, string> BindNamed(
        ScanDeclaration declaration,
        IReadOnlyDictionary<string, string> given,
        DeviceBook roster,
        List<Reason> reasons)
    {
        var known = declaration.Parameters.Select(p => p.Name).ToArray();
        reasons.AddRange(given.Keys.Where(k => !known.Contains(k)).Select(k => ScanErrors.UnknownParameter.Because(
            $"{declaration.Name} has no parameter '{k}'{NearestName.Question(k, known)}")));
        Dictionary<string, string> named = new(StringComparer.Ordinal);
        foreach (var parameter in declaration.Parameters)
        {
            if ((given.TryGetValue(parameter.Name, out var text) ? text : parameter.Default) is { } value)
            {
                named[parameter.Name] = Checked(parameter, value, roster, reasons);
            }
            else
            {
                reasons.Add(ScanErrors.MissingParameter.Because(
                    $"{declaration.Name} needs {parameter.Name}{Unit(parameter)}: {parameter.Description}"));
            }
        }

        return named;
    }

    private static bool IsDevice(ScanParameter parameter) =>
        parameter.Type is ParameterType.Device or ParameterType.Positioner;

    private static string Checked(ScanParameter parameter, string text, DeviceBook roster, List<Reason> reasons)
    {
        switch (parameter.Type)
        {
            case ParameterType.Number or ParameterType.Integer:
                CheckNumber(parameter, text, reasons);
                return text;
            case ParameterType.Flag when text is not ("true" or "false"):
                reasons.Add(ScanErrors.InvalidParameter.Because($"{parameter.Name} is '{text}', expected true or false."));
                return text;
            case ParameterType.Device or ParameterType.Positioner when text.Length > 0 || parameter.Default != "":
                CheckDevice(parameter, text, roster, reasons);
                return text;
            default:
                return text;
        }
    }

    private static void CheckNumber(ScanParameter parameter, string text, List<Reason> reasons)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number);
        if (!isNumber || (parameter.Type == ParameterType.Integer && !int.TryParse(text, CultureInfo.InvariantCulture, out _)))
        {
            var kind = parameter.Type == ParameterType.Integer ? "a whole number" : "a number";
            reasons.Add(ScanErrors.InvalidParameter.Because($"{parameter.Name} is '{text}', expected {kind}{Unit(parameter)}."));
        }
        else if (number < parameter.Low || number > parameter.High)
        {
            reasons.Add(ScanErrors.InvalidParameter.Because(
                $"{parameter.Name} is {text}, allowed is {parameter.Low} to {parameter.High}{Unit(parameter)}."));
        }
    }

    private static void CheckDevice(ScanParameter parameter, string name, DeviceBook roster, List<Reason> reasons)
    {
        switch (roster.Find(name))
        {
            case Refused<KnownDevice> refused:
                reasons.AddRange(refused.Reasons);
                break;
            case Accepted<KnownDevice>(var device) when parameter.Type == ParameterType.Positioner
                && (device.Hinted is not { IsSettable: true } || device.Description.ReadOnly):
                reasons.Add(DeviceErrors.Unable.Because($"{name} cannot be moved."));
                break;
        }
    }

    private static string Unit(ScanParameter parameter) => parameter.Unit is null ? "" : $" in {parameter.Unit}";
}
