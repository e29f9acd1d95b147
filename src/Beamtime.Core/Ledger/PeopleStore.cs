using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Ledger;

/// <summary>The names behind the ids in the ledger: the one place where a person can be erased.</summary>
/// <param name="database">Where they lie.</param>
/// <param name="time">Clock of new ids.</param>
internal sealed class PeopleStore(BeamtimeDatabase database, TimeProvider time)
{
    private const int LongestReason = 500;

    /// <summary>A page of those who have names, by name, and how many there are.</summary>
    /// <param name="offset">People to skip.</param>
    /// <param name="limit">People on the page.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<PersonPage> ListAsync(int offset, int limit, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select id, name, count(*) over () from people order by name, id limit $1 offset $2");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = offset });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<TimelinePerson> people = [];
        var total = 0L;
        while (await reader.ReadAsync(cancel))
        {
            people.Add(new TimelinePerson(reader.GetGuid(0), reader.GetString(1), false));
            total = reader.GetInt64(2);
        }

        return new PersonPage(people, people.Count == 0 && offset > 0 ? await CountAsync(cancel) : total, offset, limit);
    }

    /// <summary>A person with what the ledger holds of it; null when neither a name nor an entry has the id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<PersonView?> FindAsync(PersonId id, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select (select name from people where id = $1), count(*), min(at), max(at) from entries where who = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var (name, entries) = (reader.GetValue(0) as string, reader.GetInt64(1));
        return name is null && entries == 0
            ? null
            : new PersonView(
                new TimelinePerson(id.Value, name ?? TimelinePerson.Forgotten, name is null),
                entries,
                entries == 0 ? null : await reader.GetFieldValueAsync<DateTimeOffset>(2, cancel),
                entries == 0 ? null : await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel));
    }

    /// <summary>
    /// Forgets a person: the name goes, with the account that it signs in by; entries keep the id, which then names nobody.
    /// That it was done, by whom and why, is an entry itself.
    /// </summary>
    /// <param name="id">The person.</param>
    /// <param name="why">Who forgets, and the reason.</param>
    /// <param name="ledger">Records it.</param>
    /// <param name="cancel">Gives up; nothing is then forgotten.</param>
    public async Task<Outcome<PersonView>> ForgetAsync(PersonId id, Why why, LedgerStore ledger, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        if (id == PersonId.System || id == PersonId.LocalOperator)
        {
            reasons.Add(LedgerErrors.PersonBuiltIn.Because($"{id} is no person"));
        }

        if (why.Reason.Trim().Length is 0 or > LongestReason)
        {
            reasons.Add(LedgerErrors.ReasonMissing.Because($"the reason has {why.Reason.Trim().Length} characters"));
        }

        var person = await FindAsync(id, cancel);
        if (person is null)
        {
            reasons.Add(LedgerErrors.PersonUnknown.Because($"there is no person {id}"));
        }

        if (reasons.Count > 0)
        {
            return new Refused<PersonView>(reasons);
        }

        await database.TransactAsync(
            async transaction =>
            {
                await using var erase = transaction.Command("delete from people where id = $1", id.Value);
                if (await erase.ExecuteNonQueryAsync(cancel) > 0)
                {
                    await ledger.DecideAsync(
                        transaction,
                        PersonRecord.Kind,
                        id.ToString(),
                        _ => new Accepted<IReadOnlyList<PersonEntry>>([new PersonForgotten()]),
                        why,
                        cancel);
                }
            },
            cancel);
        return new Accepted<PersonView>(person! with { Person = new TimelinePerson(id.Value, TimelinePerson.Forgotten, true) });
    }

    public async Task<PersonId> AddAsync(string name, CancellationToken cancel)
    {
        var id = new PersonId(Guid.CreateVersion7(time.GetUtcNow()));
        await using var command = database.Source.CreateCommand("insert into people (id, name) values ($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await command.ExecuteNonQueryAsync(cancel);
        return id;
    }

    /// <summary>Names of those ids that are known; an erased one is absent.</summary>
    public async Task<IReadOnlyDictionary<PersonId, string>> NamesAsync(
        IReadOnlyCollection<PersonId> ids, CancellationToken cancel)
    {
        var names = new Dictionary<PersonId, string>();
        await using var command = database.Source.CreateCommand("select id, name from people where id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids.Select(id => id.Value)] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            names.Add(new PersonId(reader.GetGuid(0)), reader.GetString(1));
        }

        return names;
    }

    private async Task<long> CountAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand("select count(*) from people");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
