using Beamtime.Core.Database;
using Npgsql;

namespace Beamtime.Core.Ledger;

/// <summary>The names behind the ids in the ledger: the one place where a person can be erased.</summary>
/// <param name="database">Where they lie.</param>
/// <param name="time">Clock of new ids.</param>
internal sealed class PeopleStore(BeamtimeDatabase database, TimeProvider time)
{
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

    /// <summary>Erases a person's name; the entries keep the id, which then names nobody.</summary>
    public async Task EraseAsync(PersonId id, CancellationToken cancel)
    {
        if (id == PersonId.System)
        {
            throw new ArgumentException("the system is no person", nameof(id));
        }

        await using var command = database.Source.CreateCommand("delete from people where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id.Value });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
