using System.Runtime.InteropServices;
using System.Text;
using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>Tables of texts and numbers, whose columns have names: compound data sets, as viewers show them.</summary>
public static unsafe class H5Records
{
    /// <summary>Makes a table, written at once.</summary>
    /// <param name="group">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="texts">Names of the columns of texts, which come first.</param>
    /// <param name="numbers">Names of the columns of 64-bit numbers.</param>
    /// <param name="rows">Rows with a value for each column.</param>
    /// <exception cref="ArgumentException">A row has other columns.</exception>
    public static H5Dataset CreateRecords(
        this H5Group group,
        string path,
        IReadOnlyList<string> texts,
        IReadOnlyList<string> numbers,
        IReadOnlyList<(IReadOnlyList<string> Texts, IReadOnlyList<double> Numbers)> rows)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(numbers);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Any(row => row.Texts.Count != texts.Count || row.Numbers.Count != numbers.Count))
        {
            throw new ArgumentException("A row has other columns than the table.", nameof(rows));
        }

        using Lock.Scope scope = Library.Enter();
        group.BeginCreation(path, "make a data set");
        int width = (texts.Count * sizeof(nint)) + (numbers.Count * sizeof(double));
        using Temporary type = TypeOf(texts, numbers, width, Element<double>.Stored);
        using Temporary memory = TypeOf(texts, numbers, width, Element<double>.Memory);
        using Temporary space = H5S.Simple([rows.Count]);
        string full = group.Join(path);
        long id = H5D.Create(group.Id, path, type.Id, space.Id, H5P.LinkCreation, H5P.PlainDataset, H5P.Default);
        H5ElementType element = new(H5ElementKind.Other, width, IsSigned: false);
        H5Dataset dataset = new(group.File, Errors.Check(id, "make the data set", full), full, element, rank: 1);
        if (rows.Count > 0)
        {
            Write(dataset, memory.Id, rows, width);
        }

        return dataset;
    }

    private static void Write(
        H5Dataset dataset, long type, IReadOnlyList<(IReadOnlyList<string> Texts, IReadOnlyList<double> Numbers)> rows, int width)
    {
        List<nint> allocated = [];
        byte[] table = new byte[checked(width * rows.Count)];
        try
        {
            for (int i = 0; i < rows.Count; i++)
            {
                Span<byte> row = table.AsSpan(i * width, width);
                foreach (string text in rows[i].Texts)
                {
                    nint pointer = Allocate(text);
                    allocated.Add(pointer);
                    MemoryMarshal.Write(row, pointer);
                    row = row[sizeof(nint)..];
                }

                foreach (double number in rows[i].Numbers)
                {
                    MemoryMarshal.Write(row, number);
                    row = row[sizeof(double)..];
                }
            }

            fixed (byte* data = table)
            {
                Errors.Check(H5D.Write(dataset.Id, type, H5S.All, H5S.All, H5P.TextTransfer, data), "write", dataset.Path);
            }
        }
        finally
        {
            foreach (nint pointer in allocated)
            {
                NativeMemory.Free((void*)pointer);
            }
        }
    }

    private static nint Allocate(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Replace('\0', ' '));
        byte* pointer = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(pointer, bytes.Length));
        pointer[bytes.Length] = 0;
        return (nint)pointer;
    }

    private static Temporary TypeOf(IReadOnlyList<string> texts, IReadOnlyList<string> numbers, int width, long number)
    {
        Temporary type = new(H5T.Create(H5T.Compound, (nuint)width), "make a type of records");
        nuint offset = 0;
        foreach (string name in texts)
        {
            Errors.Check(H5T.Insert(type.Id, name, offset, H5T.VariableString), "add a column", name);
            offset += (nuint)sizeof(nint);
        }

        foreach (string name in numbers)
        {
            Errors.Check(H5T.Insert(type.Id, name, offset, number), "add a column", name);
            offset += sizeof(double);
        }

        return type;
    }
}
