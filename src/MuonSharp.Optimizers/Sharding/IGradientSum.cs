namespace MuonSharp.Optimizers;

/// <summary>Adds up the gradients of a step's micro-batches: in one process (<see cref="GradientTree"/>), or over several ranks (<see cref="GradientExchange"/>), with the same bits.</summary>
public interface IGradientSum : IDisposable
{
    /// <summary>Micro-batches of a step, over all ranks.</summary>
    int Leaves { get; }

    /// <summary>The first micro-batch that this process computes.</summary>
    int First { get; }

    /// <summary>One beyond the last.</summary>
    int End { get; }

    /// <summary>Takes the store's gradients in as the next leaf. After the last one of this process they are the step's sum, as far as this process updates weights.</summary>
    /// <param name="leaf">The micro-batch's number, in order from <see cref="First"/>.</param>
    void Add(int leaf);

    /// <summary>Who wants to know, in the backward run of a leaf, as soon as a parameter's gradient is complete: the exchange begins with it while the rest is computed. Default: nobody.</summary>
    /// <param name="leaf">The micro-batch's number.</param>
    Action<Parameter>? FinalIn(int leaf) => null;

    /// <summary>Forgets the leaves of a step that ended early: the next one is the first.</summary>
    void Reset();
}
