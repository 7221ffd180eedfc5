namespace MuonSharp.Optimizers;

/// <summary>Looks at matrices while they are stepped: what goes into the orthogonalization, and what comes out of it.</summary>
/// <remarks>
/// <para>Set as <see cref="StepOptions.Observer"/>. <see cref="Muon"/> tells of its matrices, with every preset; optimizers that orthogonalize nothing tell of none. A skipped step tells of
/// none, and of several ranks each tells of what it owns.</para>
/// <para>Gradient and weights of the parameter may be read in <see cref="Direction"/>, where the weights are those before the update, and the momentum is
/// that after it. Nothing may be written: an observer changes no bit.</para>
/// <para>Small matrices are stepped beside each other, so calls for different matrices may come from several threads at once; for one matrix, Direction comes before Result, on one thread.
/// What is not chosen costs a call of <see cref="Observes"/> a parameter and step.</para>
/// </remarks>
public interface IStepObserver
{
    /// <summary>Whether to be told of a parameter in a step; asked on the thread that steps.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="step">The step's number, from 1, skipped steps included: every n-th is <c>step % n == 0</c>.</param>
    bool Observes(Parameter parameter, long step);

    /// <summary>A matrix before its orthogonalization: momentum, with the look-ahead of Nesterov's form. Must not throw.</summary>
    /// <param name="matrix">Which one.</param>
    /// <param name="values">Shape [rows, columns] of the slice, row-major; valid during the call.</param>
    void Direction(in ObservedMatrix matrix, ReadOnlySpan<float> values);

    /// <summary>The same matrix after it, rows normalized where asked for; the update subtracts it times learning rate and scale. Must not throw.</summary>
    /// <param name="matrix">Which one.</param>
    /// <param name="values">Shape [rows, columns] of the slice, row-major; valid during the call.</param>
    void Result(in ObservedMatrix matrix, ReadOnlySpan<float> values);
}

/// <summary>A matrix that an observer is told of.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Index">Number of the matrix among <see cref="Parameter.Matrices"/>: 0 unless the tensor is fused or has more than two axes.</param>
/// <param name="Step">The step's number, from 1.</param>
public readonly record struct ObservedMatrix(Parameter Parameter, int Index, long Step)
{
    /// <summary>Where the matrix lies in its tensor.</summary>
    public MatrixSlice Slice => Parameter.Matrices[Index];
}
