using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MuonSharp.Training;

/// <summary>Rows of inputs, each with what a network should make of it: arrays of the caller's own, which are read and not copied.</summary>
/// <remarks>Inputs are numbers (a row of floats) or tokens (a row of words); targets are numbers or a class for each row.</remarks>
public sealed class SupervisedData
{
    private SupervisedData(int rows, float[]? inputs, int[]? tokens, float[]? targets, int[]? classes)
    {
        int inputCount = inputs?.Length ?? tokens!.Length;
        int targetCount = targets?.Length ?? classes!.Length;
        if (rows < 1 || inputCount == 0 || inputCount % rows != 0 || targetCount == 0 || targetCount % rows != 0)
        {
            throw new ArgumentException($"[data] inputs and targets are whole rows, one or more; {inputCount} inputs and {targetCount} targets in {rows} rows");
        }

        (Rows, Inputs, Tokens, Targets, Classes) = (rows, inputs, tokens, targets, classes);
        (InputColumns, TargetColumns) = (inputCount / rows, targetCount / rows);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Numbers, or tokens, of an input.</summary>
    public int InputColumns { get; }

    /// <summary>Numbers of a target; 1 where it is a class.</summary>
    public int TargetColumns { get; }

    /// <summary>Whether an input is a row of tokens.</summary>
    public bool HasTokens => Tokens is not null;

    /// <summary>Whether a target is a class.</summary>
    public bool HasClasses => Classes is not null;

    internal float[]? Inputs { get; }

    internal int[]? Tokens { get; }

    internal float[]? Targets { get; }

    internal int[]? Classes { get; }

    /// <summary>Numbers to numbers: regression, or 0 and 1 for a binary cross-entropy.</summary>
    /// <param name="inputs">[rows, columns], row after row.</param>
    /// <param name="targets">[rows, other columns], row after row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <exception cref="ArgumentException">The arrays are not whole rows.</exception>
    public static SupervisedData OfNumbers(float[] inputs, float[] targets, int rows) => new(rows, inputs, null, targets, null);

    /// <summary>Numbers to a class.</summary>
    /// <param name="inputs">[rows, columns], row after row.</param>
    /// <param name="classes">A class for each row, from 0; -1 for one that does not count.</param>
    /// <exception cref="ArgumentException">The inputs are not whole rows.</exception>
    public static SupervisedData OfNumbers(float[] inputs, int[] classes) => new(classes.Length, inputs, null, null, classes);

    /// <summary>Rows of tokens to numbers.</summary>
    /// <param name="tokens">[rows, tokens of a row], row after row.</param>
    /// <param name="targets">[rows, columns], row after row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <exception cref="ArgumentException">The arrays are not whole rows.</exception>
    public static SupervisedData OfTokens(int[] tokens, float[] targets, int rows) => new(rows, null, tokens, targets, null);

    /// <summary>Rows of tokens to a class.</summary>
    /// <param name="tokens">[rows, tokens of a row], row after row.</param>
    /// <param name="classes">A class for each row, from 0; -1 for one that does not count.</param>
    /// <exception cref="ArgumentException">The tokens are not whole rows.</exception>
    public static SupervisedData OfTokens(int[] tokens, int[] classes) => new(classes.Length, null, tokens, null, classes);

    /// <summary>The first and the last rows apart: what to train on, and what to hold out.</summary>
    /// <param name="share">Share of the last rows, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">One of both would have no row.</exception>
    public (SupervisedData Training, SupervisedData HeldOut) Split(double share)
    {
        int last = (int)Math.Round(Rows * share);
        return share is > 0 and < 1 && last >= 1 && last < Rows
            ? (Part(0, Rows - last), Part(Rows - last, last))
            : throw new ArgumentException(FormattableString.Invariant($"[data] a share above 0 and below 1 leaves rows on both sides; {share} of {Rows} rows"));
    }

    /// <summary>SHA-256 over shapes and values.</summary>
    internal string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int[] shape = [Rows, InputColumns, TargetColumns, HasTokens ? 1 : 0, HasClasses ? 1 : 0];
        hash.AppendData(MemoryMarshal.AsBytes(shape.AsSpan()));
        hash.AppendData(Inputs is null ? MemoryMarshal.AsBytes(Tokens.AsSpan()) : MemoryMarshal.AsBytes(Inputs.AsSpan()));
        hash.AppendData(Targets is null ? MemoryMarshal.AsBytes(Classes.AsSpan()) : MemoryMarshal.AsBytes(Targets.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The first number that is not finite, with its place; null where all are. A network would hand it on to every gradient of its batch.</summary>
    internal string? NotFinite() => NotFinite("inputs", Inputs, InputColumns) ?? NotFinite("targets", Targets, TargetColumns);

    private static string? NotFinite(string what, float[]? values, int columns) =>
        values is not null && Array.FindIndex(values, value => !float.IsFinite(value)) is var at and >= 0
            ? FormattableString.Invariant($"{what} must be finite numbers; {values[at]} came in row {at / columns}, column {at % columns} (from 0)") : null;

    private SupervisedData Part(int first, int count) => new(
        count,
        Inputs?[(first * InputColumns)..((first + count) * InputColumns)],
        Tokens?[(first * InputColumns)..((first + count) * InputColumns)],
        Targets?[(first * TargetColumns)..((first + count) * TargetColumns)],
        Classes?[first..(first + count)]);
}
