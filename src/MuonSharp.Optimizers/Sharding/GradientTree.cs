using System.Numerics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Adds the gradients of micro-batches in a fixed binary tree over their numbers, so that the sum's bits do not depend on who computed which.</summary>
/// <remarks>
/// <para>n leaves are the greatest power of two below n, added on the left, and the rest on the right: six are ((0 + 1) + (2 + 3)) + (4 + 5). The error grows with log2 n.</para>
/// <code>
/// for (int i = 0; i &lt; tree.Leaves; i++) { store.ZeroGradients(); forward and backward of micro-batch i; tree.Add(i); }
/// </code>
/// leaves the sum in the store's gradients. A matrix has a gradient if it had one in any leaf; in a leaf in which it has none its gradient is zero, as <see cref="ParameterStore.ZeroGradients"/> leaves it.
/// <para>A binary counter: one pass over the gradients a leaf. Memory: log2 n buffers of the store's length, rounded up; a tree of one leaf has none and does nothing.</para>
/// </remarks>
public sealed unsafe class GradientTree : IGradientSum
{
    private readonly ParameterStore _store;
    private readonly WorkerTeam? _team;
    private readonly NativeBuffer[] _levels;
    private readonly bool[][] _hasGradient;
    private readonly nint[] _terms;
    private int _next;

    /// <summary>A tree over the gradients of a store.</summary>
    /// <param name="store">A store with gradients.</param>
    /// <param name="leaves">Micro-batches of a step, 1 or more.</param>
    /// <param name="team">Workers; null: the calling thread. The sum has the same bits for any team.</param>
    /// <exception cref="ArgumentException">There is no leaf, or the store has no gradients.</exception>
    public GradientTree(ParameterStore store, int leaves, WorkerTeam? team = null)
    {
        if (leaves < 1 || !store.HasGradients)
        {
            throw new ArgumentException($"[gradient tree] a tree has 1 leaf or more and a store with gradients; leaves {leaves}, "
                + (store.HasGradients ? "gradients" : "no gradients"));
        }

        (_store, _team, Leaves) = (store, team, leaves);
        _levels = [.. Enumerable.Range(0, BuffersOf(leaves)).Select(_ => new NativeBuffer(store.Length))];
        _terms = new nint[_levels.Length];
        _hasGradient = leaves == 1 ? [] : [.. store.Parameters.Select(static parameter => new bool[parameter.MatrixCount])];
    }

    /// <summary>Micro-batches of a step.</summary>
    public int Leaves { get; private set; }

    /// <inheritdoc/>
    public int First => 0;

    /// <inheritdoc/>
    public int End => Leaves;

    /// <summary>Buffers of the store's length that a tree has: log2 of the leaves, rounded up.</summary>
    /// <param name="leaves">Micro-batches of a step, 1 or more.</param>
    public static int BuffersOf(int leaves) => leaves <= 1 ? 0 : BitOperations.Log2((uint)leaves - 1) + 1;

    /// <summary>Takes the store's gradients in as the next leaf. After the last one they are the sum, and the next step begins.</summary>
    /// <param name="leaf">The micro-batch's number, from 0, in order.</param>
    /// <exception cref="ArgumentException">Another leaf is the next one.</exception>
    public void Add(int leaf)
    {
        if (leaf != _next)
        {
            throw new ArgumentException($"[gradient tree] leaves come in order; {_next} is the next one of {Leaves}, {leaf} came");
        }

        bool last = leaf == Leaves - 1;
        _next = last ? 0 : leaf + 1;
        if (Leaves > 1)
        {
            Mark(first: leaf == 0, last);
            Sum(leaf, last);
        }
    }

    /// <summary>Forgets the leaves of a step that ended early: the next one is leaf 0.</summary>
    public void Reset() => _next = 0;

    /// <summary>The same, for another number of leaves from now on: at most those that the tree was made for.</summary>
    internal void Reset(int leaves) => (_next, Leaves) = (0, leaves);

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        foreach (NativeBuffer level in _levels)
        {
            level.Dispose();
        }
    }

    /// <summary>Ends a step by the last leaf without its sum, which <see cref="AddLast"/> makes parameter by parameter.</summary>
    internal void EndLast()
    {
        _next = 0;
        if (Leaves > 1)
        {
            Mark(first: false, last: true);
        }
    }

    /// <summary>Adds what came before to the last leaf's gradient of one parameter; on the calling thread.</summary>
    internal void AddLast(Parameter parameter)
    {
        nint* terms = stackalloc nint[_levels.Length];
        int count = TermsOf(Leaves - 1, last: true, parameter.Gradient.Address - _store.Gradients, terms).Count;
        if (count > 0)
        {
            var kernel = new SumKernel(parameter.Gradient.Address, terms, count, parameter.Gradient.Address, FlatLayout.Padded(parameter.Length));
            ((WorkerTeam?)null).RunLanes(kernel.Tasks, kernel);
        }
    }

    /// <summary>As a counter carries: the leaf is added to the full levels from the lowest on until a free one takes the sum; the last leaf to all that are full.</summary>
    private void Sum(int leaf, bool last)
    {
        fixed (nint* terms = _terms)
        {
            (int count, int level) = TermsOf(leaf, last, 0, terms);
            var kernel = new SumKernel(_store.Gradients, terms, count, last ? _store.Gradients : _levels[level].Pointer, _store.Length);
            _team.RunLanes(kernel.Tasks, kernel);
        }
    }

    /// <summary>The sums that a leaf is added to, from the lowest level on, and the first level beyond them.</summary>
    private (int Count, int Level) TermsOf(int leaf, bool last, long offset, nint* terms)
    {
        int count = 0, level = 0;
        for (; last ? level < _levels.Length : (leaf >> level & 1) == 1; level++)
        {
            if ((leaf >> level & 1) == 1)
            {
                terms[count++] = (nint)(_levels[level].Pointer + offset);
            }
        }

        return (count, level);
    }

    private void Mark(bool first, bool last)
    {
        for (int i = 0; i < _hasGradient.Length; i++)
        {
            bool[] any = _hasGradient[i];
            Parameter parameter = _store.Parameters[i];
            for (int matrix = 0; matrix < any.Length; matrix++)
            {
                any[matrix] = (!first && any[matrix]) || parameter.HasGradientOf(matrix);
                if (last)
                {
                    parameter.SetGradientOf(matrix, any[matrix]);
                }
            }
        }
    }

    /// <summary>result = terms[n - 1] + (... + (terms[0] + gradient)); a store's length is whole vectors.</summary>
    private readonly struct SumKernel(float* gradient, nint* terms, int count, float* result, long length) : ITaskKernel
    {
        private const int Chunk = 1 << 14;

        public int Tasks => (int)((length - 1) / Chunk) + 1;

        public void Run<L, V>(int task, int worker)
            where L : struct, ILanes<V>
            where V : struct
        {
            long end = Math.Min(length, (task + 1L) * Chunk);
            for (long i = (long)task * Chunk; i < end; i += LaneDispatch.Count)
            {
                V sum = L.Load(gradient + i);
                for (int term = 0; term < count; term++)
                {
                    sum = L.Add(L.Load((float*)terms[term] + i), sum);
                }

                L.Store(result + i, sum);
            }
        }
    }
}
