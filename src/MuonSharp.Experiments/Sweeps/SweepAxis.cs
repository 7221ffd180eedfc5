using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A key of the configuration, and the values of it that are tried.</summary>
public sealed record SweepAxis
{
    private SweepAxis(string key, IReadOnlyList<string> values) => (Key, Values) = (key, values);

    /// <summary>The dotted key.</summary>
    public string Key { get; }

    /// <summary>The values, in their order; whether they fit the key is for the configuration to say.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>Reads one, for example <c>model.width=64,128</c>; a comma inside a list's brackets belongs to its value.</summary>
    /// <param name="text">The key, an equals sign, values with commas between.</param>
    /// <exception cref="ConfigurationException">It is of another form.</exception>
    public static SweepAxis Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] values = equals <= 0 ? [] : [.. OptimizerChoice.Split(text[(equals + 1)..], ',').Select(value => value.Trim()).Where(value => value.Length > 0)];
        return values.Length > 0 ? new(text[..equals].Trim(), values)
            : throw new ConfigurationException($"[sweep] what is tried is key=value,value; '{text}' came");
    }

    /// <summary>Everything that is wrong with several of them, but for their values.</summary>
    internal static IEnumerable<string> Check(IReadOnlyList<SweepAxis> axes)
    {
        if (axes.Count == 0)
        {
            yield return "[sweep] at least one key is tried with several values; none came";
        }

        foreach (string key in axes.GroupBy(axis => axis.Key, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"[sweep] a key is named once, with all its values; {key} came more often";
        }

        foreach (string key in axes.Select(axis => axis.Key))
        {
            if (key == "train.seed")
            {
                yield return "[sweep] the seeds of a sweep are given as their number, not as values; train.seed came";
            }
            else if (key == "preset" || (ConfigKeys.Find(key) is { FreeOnResume: true } && key != "train.steps" && !key.StartsWith("data.", StringComparison.Ordinal)))
            {
                yield return $"[sweep] a key that is tried changes what is learned; {key} came, which {(key == "preset" ? "is no key of a run" : "does not")}";
            }
        }
    }

    /// <summary>The shortest end of a key's name that no other key of a configuration has: <c>width</c>, <c>auxiliary.learningRate</c>.</summary>
    internal static string ShortName(string key)
    {
        string[] words = key.Split('.');
        return Enumerable.Range(1, words.Length).Select(count => string.Join('.', words[^count..]))
            .First(name => name == key || ConfigKeys.All.Count(other => other.Name == name || other.Name.EndsWith($".{name}", StringComparison.Ordinal)) == 1);
    }
}
