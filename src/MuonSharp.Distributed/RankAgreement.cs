using System.Text;

namespace MuonSharp.Distributed;

/// <summary>What all ranks must agree on before they begin.</summary>
public static class RankAgreement
{
    private const char End = '\u0003';
    private const char Between = '\u0002';

    /// <summary>Compares values of all ranks with those of the first.</summary>
    /// <param name="collectives">The ranks.</param>
    /// <param name="values">Names and values, the same names on each rank.</param>
    /// <exception cref="CollectiveException">A value differs; every rank is told the first one that does, of which ranks and what they have.</exception>
    public static void Check(ICollectives collectives, IReadOnlyList<(string Name, string Value)> values)
    {
        byte[] own = Encoding.UTF8.GetBytes(string.Concat(values.Select(static value => $"{value.Name}{Between}{value.Value}{End}")));
        long[] lengths = new long[collectives.Size];
        lengths[collectives.Rank] = own.Length;
        collectives.AllReduce(lengths, Reduction.Sum);
        int[] counts = [.. lengths.Select(static length => (int)length)];
        byte[] all = new byte[counts.Sum()];
        own.CopyTo(all.AsSpan(CollectiveRules.Start(counts, collectives.Rank)));
        collectives.AllGather(all.AsSpan(), counts);
        (string Name, string Value)[][] of = [.. Enumerable.Range(0, counts.Length).Select(rank => Read(all.AsSpan(CollectiveRules.Start(counts, rank), counts[rank])))];
        for (int i = 0; i < of.Max(static pairs => pairs.Length); i++)
        {
            for (int rank = 1; rank < of.Length; rank++)
            {
                (string Name, string Value)? first = i < of[0].Length ? of[0][i] : null, other = i < of[rank].Length ? of[rank][i] : null;
                if (first != other)
                {
                    string name = (first ?? other)!.Value.Name;
                    throw new CollectiveException($"[ranks] {name} must be the same on all ranks; rank 0 has {Text(first, name)}, rank {rank} {Text(other, name)}");
                }
            }
        }
    }

    private static string Text((string Name, string Value)? pair, string name) =>
        pair is not { } given ? "nothing" : $"{(given.Name == name ? "" : given.Name + " ")}'{given.Value}'";

    private static (string Name, string Value)[] Read(ReadOnlySpan<byte> text) =>
        [.. Encoding.UTF8.GetString(text).Split(End, StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split(Between)).Select(static pair => (pair[0], pair[1]))];
}
