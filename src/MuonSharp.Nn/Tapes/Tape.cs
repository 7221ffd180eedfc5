using System.Diagnostics;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A computation that is recorded once for fixed shapes, compiled, and run many times.</summary>
/// <remarks>
/// <para>Recording declares operations in order; compiling decides who writes and who adds to each gradient, and where each buffer lies in
/// one arena. After that <see cref="Forward"/> and <see cref="Backward()"/> allocate nothing.</para>
/// <para>Gradients of parameters always add to what the parameter store holds: zero them once a step, and micro-batches add up.</para>
/// <para>An inference tape (training false) records no backward, and each buffer is free again after its last reader.</para>
/// </remarks>
public sealed class Tape : IDisposable
{
    private readonly List<Operation> _operations = [];
    private readonly List<OperationPlan> _plans = [];
    private readonly List<Tensor> _inputs = [];
    private readonly List<TokenBuffer> _tokens = [];
    private readonly Dictionary<Parameter, Tensor> _parameters = [];
    private readonly List<Range> _recomputed = [];
    private readonly List<NativeBuffer> _states = [];
    private TapeArena? _arena;
    private TapeProfile? _profile;
    private TapeChecks? _checks;
    private BackwardStep[] _backward = [];
    private (Parameter Parameter, int After)[] _gradientOrder = [];
    private bool _reachesSomething;
    private bool _forwardRan;
    private bool _recording;
    private bool _disposed;

    /// <summary>Starts an empty tape.</summary>
    /// <param name="team">Workers that share each operation; not owned.</param>
    /// <param name="training">Whether backward runs will follow.</param>
    public Tape(WorkerTeam team, bool training)
    {
        Team = team;
        Training = training;
    }

    /// <summary>Workers that share each operation.</summary>
    public WorkerTeam Team { get; }

    /// <summary>Whether the tape has a backward run.</summary>
    public bool Training { get; }

    /// <summary>Training step: a key of random operations such as dropout.</summary>
    public ulong Step { get; set; }

    /// <summary>Number within the step of the batch's first sequence: a key of random operations.</summary>
    public uint FirstSample { get; set; }

    /// <summary>The operations in forward order.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Whether every run looks for operations that touch more than they declare. For tests of own operations: a run takes several times as long,
    /// allocates, calls each backward twice, and every buffer has memory of its own. Results are the same bits. Default false.</summary>
    /// <remarks>Found, as an <see cref="InvalidOperationException"/> that names the operation: reading a value in the backward run that was not declared for it;
    /// overwriting a gradient to which others contribute; outputs and gradients that are not wholly written; writing into an input or behind a buffer's end.</remarks>
    public bool Checks { get; init; }

    /// <summary>The memory plan.</summary>
    /// <exception cref="InvalidOperationException">The tape is not compiled.</exception>
    public MemoryPlan MemoryPlan => _arena?.Plan ?? throw new InvalidOperationException("[tape] the memory plan exists once the tape is compiled");

    /// <summary>FLOPs of the matrix products of a forward run and, of a tape that trains, of the backward run after it. What is computed a second time does not count.</summary>
    /// <exception cref="InvalidOperationException">The tape is not compiled.</exception>
    public double Flops
    {
        get
        {
            ThrowIfNotCompiled();
            return PlannedFlops;
        }
    }

    /// <summary>The same of a tape whose gradients are decided.</summary>
    internal double PlannedFlops => _plans.Sum(plan =>
        plan.Operation.Work(plan, backward: false).Flops + (Training && plan.Operation.HasBackward ? plan.Operation.Work(plan, backward: true).Flops : 0));

    /// <summary>Whether every buffer gets memory of its own: how tests see that sharing changes nothing.</summary>
    internal bool SharesNothing { get; init; }

    /// <summary>Whether the tape is recorded for its memory plan alone: no parameter needs memory, nothing is allocated, nothing can run.</summary>
    internal bool PlansOnly { get; init; }

    internal IReadOnlyList<OperationPlan> Plans => _plans;

    internal IReadOnlyList<Tensor> Inputs => _inputs;

    /// <summary>Ranges of operations whose results are computed again in the backward run.</summary>
    internal IReadOnlyList<Range> RecomputedBlocks => _recomputed;

    /// <summary>Adds a matrix that the user writes before each run through <see cref="Tensor.Value"/>.</summary>
    /// <param name="name">Name for messages.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="gradient">Whether the backward run computes its gradient, readable through <see cref="Tensor.Gradient"/>.</param>
    /// <returns>The tensor.</returns>
    public Tensor Input(string name, int rows, int columns, bool gradient = false)
    {
        ThrowIfCompiled();
        var tensor = new Tensor(name, TensorKind.Input, rows, columns, gradient && Training);
        _inputs.Add(tensor);
        return tensor;
    }

    /// <summary>Adds token numbers that the user writes before each run. The tape frees them.</summary>
    /// <param name="name">Name for messages.</param>
    /// <param name="length">Number of tokens.</param>
    /// <returns>The buffer.</returns>
    public TokenBuffer Tokens(string name, int length)
    {
        ThrowIfCompiled();
        var tokens = new TokenBuffer(name, length, PlansOnly);
        _tokens.Add(tokens);
        return tokens;
    }

    /// <summary>Views a parameter. The same parameter gives the same tensor, so a tied weight is simply used twice.</summary>
    /// <param name="parameter">The parameter; its memory must outlive the tape.</param>
    /// <returns>The tensor: [first axis, all other axes], a vector as [1, n].</returns>
    public Tensor Parameter(Parameter parameter)
    {
        ThrowIfCompiled();
        if (!_parameters.TryGetValue(parameter, out Tensor? tensor))
        {
            int rows = parameter.Shape.Length > 1 ? parameter.Shape[0] : 1;
            tensor = new Tensor(parameter.Name, TensorKind.Parameter, rows, parameter.Length / rows, HasGradientMemory(parameter))
            {
                Parameter = parameter,
            };
            _parameters.Add(parameter, tensor);
        }

        return tensor;
    }

    /// <summary>Appends an operation.</summary>
    /// <typeparam name="TOperation">Type of the operation.</typeparam>
    /// <param name="operation">The operation, its shapes checked.</param>
    /// <returns>The operation, its outputs declared.</returns>
    public TOperation Record<TOperation>(TOperation operation)
        where TOperation : Operation
    {
        ThrowIfCompiled();
        var plan = new OperationPlan(operation, this);
        operation.Declare(plan);
        if (_recording && plan.Slots.Any(slot => slot.DuringForward))
        {
            throw new InvalidOperationException($"[tape] what adds gradients in the forward run cannot run twice; {operation.Name} in a recomputed block");
        }

        _operations.Add(operation);
        _plans.Add(plan);
        return operation;
    }

    /// <summary>Records a block whose results the backward run computes again instead of keeping them: only what it reads from outside is kept.</summary>
    /// <remarks>
    /// <para>Saves most of the memory of a deep network's activations for at most one more forward run of the block. What is computed again has the same bits:
    /// random operations are keyed by step and sample.</para>
    /// <para>Source: T. Chen et al., "Training deep nets with sublinear memory cost", arXiv:1604.06174.</para>
    /// </remarks>
    /// <param name="record">Records the block on this tape; on an inference tape it is simply called.</param>
    /// <returns>What the function returns.</returns>
    /// <exception cref="InvalidOperationException">The block holds a loss, which adds its gradients in the forward run, or another such block; or the tape
    /// is compiled.</exception>
    public Tensor Recomputed(Func<Tensor> record)
    {
        ThrowIfCompiled();
        if (_recording)
        {
            throw new InvalidOperationException("[tape] a recomputed block holds no other one; a second began inside the first");
        }

        int first = _operations.Count;
        _recording = true;
        try
        {
            Tensor result = record();
            _recomputed.Add(first.._operations.Count);
            return result;
        }
        finally
        {
            _recording = false;
        }
    }

    /// <summary>Makes a tensor readable after the forward run, through <see cref="Tensor.Value"/>.</summary>
    /// <param name="tensor">What an operation of this tape computes.</param>
    public void Output(Tensor tensor)
    {
        ThrowIfCompiled();
        tensor.IsOutput = true;
    }

    /// <summary>Adds a matrix that keeps its content from run to run, at first zeros: a cache, running statistics. It lies outside of the arena and has no gradient.</summary>
    /// <remarks>Operations that change it do so in <see cref="TapePhase.Forward"/> only: a recomputed block runs forward twice.</remarks>
    /// <param name="name">Name for messages.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <returns>The tensor; readable and writable through <see cref="Tensor.Value"/> at once. The tape frees it.</returns>
    public unsafe Tensor State(string name, int rows, int columns)
    {
        ThrowIfCompiled();
        var tensor = new Tensor(name, TensorKind.State, rows, columns, requiresGradient: false);
        if (!PlansOnly)
        {
            var memory = new NativeBuffer(tensor.Length);
            _states.Add(memory);
            tensor.ValueBuffer!.BindAlone(memory.Pointer);
        }

        return tensor;
    }

    /// <summary>Lets the user write a tensor's gradient between the forward and the backward run, through <see cref="Tensor.Gradient"/>. The
    /// backward run may overwrite it.</summary>
    /// <param name="tensor">An output of this tape.</param>
    public void Seed(Tensor tensor)
    {
        ThrowIfCompiled();
        tensor.IsSeeded = true;
    }

    /// <summary>Decides gradients and memory, and allocates nothing: for an <see cref="PlansOnly"/>.</summary>
    internal MemoryPlan Plan() => TapeCompiler.Compile(this).Plan;

    /// <summary>Decides gradients and memory, and allocates the arena.</summary>
    /// <exception cref="InvalidOperationException">The tape is already compiled.</exception>
    /// <exception cref="OutOfMemoryException">The system refuses the memory.</exception>
    public void Compile()
    {
        ThrowIfCompiled();
        (MemoryPlan plan, TapeTimeline timeline) = TapeCompiler.Compile(this);
        _backward = timeline.Backward;
        _gradientOrder = TapeCompiler.GradientOrder(_plans, timeline);
        _reachesSomething = _plans.Exists(operation => operation.Slots.Exists(slot => slot.DuringForward || operation.Operation.HasBackward));
        _arena = new TapeArena(plan);
        _checks = Checks ? new TapeChecks(_plans, timeline, plan) : null;
        foreach (Operation operation in _operations)
        {
            operation.Prepare();
        }
    }

    /// <summary>Runs every operation in order.</summary>
    /// <exception cref="InvalidOperationException">The tape is not compiled.</exception>
    public void Forward()
    {
        ThrowIfNotCompiled();
        _forwardRan = false;
        _checks?.Begin();
        var run = new TapeRun(Team, Training, Step, FirstSample);
        for (int i = 0; i < _operations.Count; i++)
        {
            Run(i, run);
        }

        _forwardRan = true;
    }

    /// <summary>Runs the backward of every operation that a gradient reaches, in reverse order, and before that of a recomputed block its forward. Follows a
    /// <see cref="Forward"/> with the same keys, and uses up what that has left.</summary>
    /// <exception cref="InvalidOperationException">The tape is not compiled, is one for inference, has run no forward since the last backward, or its backward run
    /// would reach nothing.</exception>
    public void Backward() => Backward(gradientFinal: null);

    /// <summary>The same, telling which gradients are complete while others are still computed.</summary>
    /// <param name="gradientFinal">Told each parameter that the run reaches as soon as it contributes nothing more to its gradient, on the calling thread; null: nobody is told.</param>
    /// <exception cref="InvalidOperationException">As the other one.</exception>
    public void Backward(Action<Parameter>? gradientFinal)
    {
        ThrowIfNotCompiled();
        ThrowIfNoBackward();
        _forwardRan = false;
        int told = Tell(gradientFinal, 0, -1);
        var again = new TapeRun(Team, Training, Step, FirstSample, TapePhase.Recompute);
        TapeRun back = again with { Phase = TapePhase.Backward };
        for (int i = 0; i < _backward.Length; i++)
        {
            Run(_backward[i].Operation, _backward[i].Recomputes ? again : back);
            told = Tell(gradientFinal, told, i);
        }
    }

    /// <summary>Begins to measure the time of each operation, from nothing.</summary>
    /// <returns>The sums; they grow with every run until <see cref="StopProfile"/>.</returns>
    /// <exception cref="InvalidOperationException">The tape is not compiled.</exception>
    public TapeProfile StartProfile()
    {
        ThrowIfNotCompiled();
        return _profile = new TapeProfile(_plans);
    }

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => _profile = null;

    /// <summary>Frees the arena and the token buffers.</summary>
    public void Dispose()
    {
        _disposed = true;
        _arena?.Dispose();
        _states.ForEach(state => state.Dispose());
        foreach (TokenBuffer tokens in _tokens)
        {
            tokens.Dispose();
        }
    }

    /// <summary>One operation, its time taken if somebody wants to know it.</summary>
    private void Run(int operation, in TapeRun run)
    {
        long start = _profile is null ? 0 : Stopwatch.GetTimestamp();
        bool backward = run.Phase == TapePhase.Backward;
        if (_checks is not null)
        {
            RunChecked(operation, run);
        }
        else if (backward)
        {
            _operations[operation].Backward(run);
        }
        else
        {
            _operations[operation].Forward(run);
        }

        _profile?.Add(operation, backward, start);
    }

    private void RunChecked(int operation, in TapeRun run)
    {
        if (run.Phase == TapePhase.Backward)
        {
            _checks!.Backward(operation, run);
        }
        else
        {
            _checks!.Forward(operation, run);
        }
    }

    private int Tell(Action<Parameter>? gradientFinal, int told, int step)
    {
        if (gradientFinal is not null)
        {
            for (; told < _gradientOrder.Length && _gradientOrder[told].After <= step; told++)
            {
                gradientFinal(_gradientOrder[told].Parameter);
            }
        }

        return told;
    }

    private unsafe bool HasGradientMemory(Parameter parameter) => Training && (PlansOnly || parameter.Gradient.Address is not null);

    private void ThrowIfCompiled()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_arena is not null)
        {
            throw new InvalidOperationException("[tape] recording ends with Compile; the tape is compiled");
        }
    }

    private void ThrowIfNotCompiled()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_arena is null)
        {
            throw new InvalidOperationException("[tape] a run needs a compiled tape; call Compile first");
        }
    }

    private void ThrowIfNoBackward()
    {
        if (!Training)
        {
            throw new InvalidOperationException("[tape] a backward run needs a training tape; this one was made for inference");
        }

        if (!_reachesSomething)
        {
            throw new InvalidOperationException(
                "[tape] a backward run reaches a parameter or an input with a gradient; nothing that needs one leads to a loss or a seeded tensor");
        }

        if (!_forwardRan)
        {
            throw new InvalidOperationException("[tape] a backward run follows a forward run; none ran since the last one");
        }
    }
}
