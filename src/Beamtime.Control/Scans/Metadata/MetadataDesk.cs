using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Where people say what is to go with their scans, in any process.</summary>
internal sealed class MetadataDesk(MetadataBook book, ScanOptions options, TimeProvider time)
{
    /// <summary>What would go with a person's next scan.</summary>
    /// <param name="who">The person.</param>
    /// <param name="account">The account that it is on; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<MetadataAnswer> ShowAsync(PersonId who, string? account, CancellationToken cancel)
    {
        var standing = await book.StandingAsync(who, account, cancel);
        return new MetadataAnswer(
            [.. standing.Where(s => !s.Context.IsOutermost || s.Context.Values.Count > 0).Select(s => MetadataContextAnswer.Of(s.Owner, s.Context))],
            MetadataBook.Merged(standing.Select(s => s.Context.Values)));
    }

    /// <summary>Sets and removes values of a context.</summary>
    /// <param name="change">What.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">All reasons.</exception>
    public Task<MetadataAnswer> SetAsync(MetadataChange change, PersonId who, CancellationToken cancel)
    {
        var owner = change.OwnerFor(who);
        return ChangeAsync(
            change,
            owner,
            "metadata set",
            standing =>
            {
                List<Reason> reasons = [.. MetadataFields.Refusals(change.Values.Keys), .. Nulls(change.Values)];
                var context = standing.FirstOrDefault(c => c.Name == change.Context);
                if (context is null && change.Context.Length > 0)
                {
                    reasons.Add(Unknown(change.Context));
                }

                return Decided(reasons, () => IsSame(context, change)
                    ? []
                    : [new MetadataSet(options.Beamline, owner.Scope, owner.Of, change.Context, change.Values, change.Removed)]);
            },
            who,
            cancel);
    }

    /// <summary>Enters a context; entering again what is the innermost one changes nothing.</summary>
    /// <param name="change">Its name and values.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">All reasons.</exception>
    public Task<MetadataAnswer> EnterAsync(MetadataChange change, PersonId who, CancellationToken cancel)
    {
        var owner = change.OwnerFor(who);
        return ChangeAsync(
            change,
            owner,
            "context entered",
            standing =>
            {
                List<Reason> reasons = [.. MetadataFields.Refusals(change.Values.Keys), .. Nulls(change.Values)];
                if (!ScanFileName.IsName(change.Context))
                {
                    reasons.Add(MetadataErrors.ContextInvalid.Because($"'{change.Context}' cannot be the name of a context."));
                }

                if (change.Until <= time.GetUtcNow())
                {
                    reasons.Add(MetadataErrors.ContextInvalid.Because($"The context would be over since {change.Until:u}."));
                }

                var isThere = standing is [.., var last] && last.Name == change.Context
                    && last.Values.Count == change.Values.Count && IsSame(last, change) && last.Until == change.Until
                    && last.Group is not null == change.IsGroup;
                if (!isThere && change.Context.Length > 0 && standing.Any(c => c.Name == change.Context))
                {
                    reasons.Add(MetadataErrors.ContextTaken.Because($"The context '{change.Context}' stands already."));
                }

                return Decided(reasons, () => isThere
                    ? []
                    :
                    [
                        new MetadataEntered(
                            options.Beamline, owner.Scope, owner.Of, change.Context, change.Values, change.Until?.ToUniversalTime(),
                            change.IsGroup ? Guid.CreateVersion7(time.GetUtcNow()) : null),
                    ]);
            },
            who,
            cancel);
    }

    /// <summary>Leaves a context and those inside it.</summary>
    /// <param name="change">Its name; empty for the innermost one.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">There is none.</exception>
    public Task<MetadataAnswer> LeaveAsync(MetadataChange change, PersonId who, CancellationToken cancel)
    {
        var owner = change.OwnerFor(who);
        return ChangeAsync(
            change,
            owner,
            "context left",
            standing =>
            {
                var context = standing.LastOrDefault(c => !c.IsOutermost && (change.Context.Length == 0 || c.Name == change.Context));
                return context is null
                    ? new Refused<IReadOnlyList<MetadataEntry>>([Unknown(change.Context)])
                    : new Accepted<IReadOnlyList<MetadataEntry>>([new MetadataLeft(options.Beamline, owner.Scope, owner.Of, context.Name)]);
            },
            who,
            cancel);
    }

    private async Task<MetadataAnswer> ChangeAsync(
        MetadataChange change,
        MetadataOwner owner,
        string what,
        Func<IReadOnlyList<MetadataContext>, Outcome<IReadOnlyList<MetadataEntry>>> decide,
        PersonId who,
        CancellationToken cancel)
    {
        var why = new Why(who, change.Reason.Length > 0 ? ScanEnded.Shortened(change.Reason) : what, "");
        (await book.ChangeAsync(owner, decide, why, cancel)).OrThrow();
        return await ShowAsync(who, change.Account, cancel);
    }

    private static Outcome<IReadOnlyList<MetadataEntry>> Decided(List<Reason> reasons, Func<IReadOnlyList<MetadataEntry>> entries) =>
        reasons.Count > 0
            ? new Refused<IReadOnlyList<MetadataEntry>>(reasons)
            : new Accepted<IReadOnlyList<MetadataEntry>>(entries());

    private static bool IsSame(MetadataContext? context, MetadataChange change) =>
        change.Values.All(v => context?.Values.GetValueOrDefault(v.Key) == v.Value)
        && !change.Removed.Any(key => context?.Values.ContainsKey(key) == true);

    private static IEnumerable<Reason> Nulls(IReadOnlyDictionary<string, string> values) => values.Where(v => (string?)v.Value is null)
        .Select(v => MetadataErrors.Invalid.Because($"{v.Key} is null; name it under 'removed' to take it away."));

    private static Reason Unknown(string context) => MetadataErrors.UnknownContext.Because(
        context.Length == 0 ? "No context stands that could be left." : $"No context '{context}' stands.");
}
