using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace MuonSharp.Formats;

/// <summary>The keys and values at the beginning of a GGUF file, in its order.</summary>
/// <remarks>A value is text, a truth value, a whole number, a number, or a list of one kind of them. Reading one that is of another kind is refused in one line.</remarks>
public sealed class GgufMetadata : IEnumerable<KeyValuePair<string, object>>
{
    private readonly List<KeyValuePair<string, object>> _values = [];
    private readonly Dictionary<string, object> _byKey = new(StringComparer.Ordinal);
    private readonly string _path;

    /// <summary>No keys yet, for a file to be written.</summary>
    public GgufMetadata()
        : this("")
    {
    }

    internal GgufMetadata(string path) => _path = path;

    /// <summary>Number of keys.</summary>
    public int Count => _values.Count;

    /// <summary>Adds text.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="value">The text.</param>
    public void Add(string key, string value) => AddValue(key, value);

    /// <summary>Adds a whole number of 32 bits.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="value">The number.</param>
    public void Add(string key, uint value) => AddValue(key, value);

    /// <summary>Adds a number.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="value">The number.</param>
    public void Add(string key, float value) => AddValue(key, value);

    /// <summary>Adds a truth value.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="value">The value.</param>
    public void Add(string key, bool value) => AddValue(key, value);

    /// <summary>Adds a list of texts.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="values">The texts.</param>
    public void Add(string key, IReadOnlyList<string> values) => AddValue(key, values.ToArray());

    /// <summary>Adds a list of whole numbers.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="values">The numbers.</param>
    public void Add(string key, IReadOnlyList<int> values) => AddValue(key, values.ToArray());

    /// <summary>Adds a list of numbers.</summary>
    /// <param name="key">The key, not there yet.</param>
    /// <param name="values">The numbers.</param>
    public void Add(string key, IReadOnlyList<float> values) => AddValue(key, values.ToArray());

    /// <summary>Adds all keys of another one.</summary>
    /// <param name="others">Keys that are not there yet.</param>
    public void AddAll(GgufMetadata others)
    {
        foreach ((string key, object value) in others)
        {
            AddValue(key, value);
        }
    }

    /// <summary>Whether there is a key.</summary>
    /// <param name="key">The key.</param>
    public bool Has(string key) => _byKey.ContainsKey(key);

    /// <summary>Text.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public string Text(string key) => Get(key) as string ?? throw Wrong(key, "text");

    /// <summary>A truth value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">What it is where it is missing. Default false.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public bool Flag(string key, bool otherwise = false) => !Has(key) ? otherwise : Get(key) as bool? ?? throw Wrong(key, "true or false");

    /// <summary>A whole number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public int Whole(string key, int least = 1, int most = int.MaxValue)
    {
        object? value = Get(key);
        return TryWhole(value, out Int128 whole) && whole >= least && whole <= most ? (int)whole : throw Wrong(key, $"a whole number from {least} to {most}");
    }

    /// <summary>A finite number.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public double Number(string key) => Get(key) switch
    {
        float single when float.IsFinite(single) => single,
        double number when double.IsFinite(number) => number,
        object value when TryWhole(value, out Int128 whole) => (double)whole,
        _ => throw Wrong(key, "a number"),
    };

    /// <summary>A list of texts.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public IReadOnlyList<string> Texts(string key) => Get(key) as string[] ?? throw Wrong(key, "a list of texts");

    /// <summary>A list of whole numbers.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public IReadOnlyList<int> Wholes(string key) => Get(key) switch
    {
        int[] numbers => numbers,
        uint[] numbers when numbers.All(number => number <= int.MaxValue) => [.. numbers.Select(number => (int)number)],
        _ => throw Wrong(key, "a list of whole numbers"),
    };

    /// <summary>A list of numbers.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">It is missing, or something else.</exception>
    public IReadOnlyList<float> Numbers(string key) => Get(key) as float[] ?? throw Wrong(key, "a list of numbers");

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void AddValue(string key, object value)
    {
        if (!_byKey.TryAdd(key, value))
        {
            throw _path.Length == 0 ? new ArgumentException($"[gguf] each key may come once; {OneLine.Quote(key)} comes twice") : Broken($"each key may come once; {OneLine.Quote(key)} comes twice");
        }

        _values.Add(new(key, value));
    }

    /// <summary>The exception for a key with a wrong value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="rule">What it must be.</param>
    public InvalidFileException Wrong(string key, string rule) => Broken($"{OneLine.Quote(key)} must be {rule}; {Came(_byKey.GetValueOrDefault(key))}");

    /// <summary>The exception for another broken rule of this file.</summary>
    /// <param name="problem">A sentence <c>rule; what came</c>.</param>
    public InvalidFileException Broken(string problem) => new(GgufFormat.Operation, _path, problem);

    private static string Came(object? value) => value switch
    {
        null => "it is missing",
        Array list => $"a list of {list.Length} came",
        string text => $"'{OneLine.Cut(text, 60)}' came",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value} came"),
    };

    private static bool TryWhole([NotNullWhen(true)] object? value, out Int128 whole)
    {
        whole = value switch
        {
            byte number => number,
            sbyte number => number,
            ushort number => number,
            short number => number,
            uint number => number,
            int number => number,
            ulong number => number,
            long number => number,
            _ => Int128.MinValue,
        };
        return whole != Int128.MinValue;
    }

    private object? Get(string key) => _byKey.GetValueOrDefault(key);
}
