using System.Xml.Linq;
using Beamtime.Core.Database;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Beamtime.Core.Access.Secrets;

/// <summary>
/// Keeps the ring of keys that protect tokens in the database, so that every process that serves requests has the same.
/// The framework reads and writes it synchronously, a few times in a program's life.
/// </summary>
/// <param name="database">Where it lies.</param>
/// <param name="key">The master key; a ring is not added to once another one counts.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyRingStore(BeamtimeDatabase database, MasterKey key, TimeProvider time) : IXmlRepository
{
    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = new List<XElement>();
        using var all = database.Source.CreateCommand("select document from key_ring order by made_at, name");
        using var reader = all.ExecuteReader();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName)
    {
        using var store = database.Source.CreateCommand(
            """
            insert into key_ring (name, document, made_at)
            select $1, $2, $3 from (select id from master_key where id = $4 for share) counting
            """);
        store.Parameters.Add(new NpgsqlParameter<string> { TypedValue = friendlyName });
        store.Parameters.Add(new NpgsqlParameter<string> { TypedValue = element.ToString(SaveOptions.DisableFormatting) });
        store.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.GetUtcNow() });
        store.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Id });
        if (store.ExecuteNonQuery() == 0)
        {
            throw SecretErrors.KeyChanged.Fault($"this program has the master key {key.Id}, which no longer counts");
        }
    }
}
