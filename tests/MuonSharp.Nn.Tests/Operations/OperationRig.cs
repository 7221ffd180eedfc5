using System.Collections.Immutable;
using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Operations;

/// <summary>
/// Runs one operation of the engine between inputs and a given gradient of its output, as it stands in a model: its activations come from
/// another operation (so they may be overwritten in place), its weights are parameters (so their gradients add up). <see cref="Run"/> goes
/// forward and backward twice: memory left over from the first run must not show in the second.
/// </summary>
internal sealed class OperationRig : IDisposable
{
    private readonly WorkerTeam _team;
    private readonly List<(Tensor Tensor, float[] Values)> _inputs = [];
    private readonly List<(string Name, Tensor Tensor, double[] Expected)> _gradients = [];
    private readonly List<(Tensor Activation, Tensor Input)> _activations = [];
    private readonly List<(Tensor Reader, Tensor Input, float[] Seed)> _readers = [];
    private readonly TestNumbers _numbers;
    private readonly bool _shared;

    /// <remarks>Shared: every activation has a reader before and one after the operation, each with a gradient of its own. So the operation may
    /// not work in place, and it has to add to a gradient that another began; the tape checks what it touches. Not shared: it may and has not.</remarks>
    public OperationRig(int seed = 1, bool training = true, int threads = 2, bool shared = false)
    {
        _shared = shared && training;
        _team = new WorkerTeam(threads);
        _numbers = new TestNumbers((ulong)seed);
        Tape = new Tape(_team, training) { Checks = _shared };
    }

    public Tape Tape { get; }

    /// <summary>What the rows of inputs and tokens are, where a test says so.</summary>
    public Sequences? Sequences { get; set; }

    public double[] Random(int count, double scale = 1, double shift = 0) => _numbers.Normals(count, scale, shift);

    public int[] RandomTokens(int count, int vocabulary) => _numbers.Tokens(count, vocabulary);

    /// <summary>An activation with these values, made by an addition of zeros. The gradient is read at the input before it.</summary>
    public (Tensor Activation, Tensor Input) Activation(string name, int rows, double[] values)
    {
        Tensor input = Input(name, rows, values);
        Tensor zeros = Input(name + ".zeros", rows, new double[values.Length], gradient: false);
        Tensor activation = Tape.Add(input, zeros);
        _activations.Add((activation, input));
        if (_shared) AddReader(activation, input);
        return (activation, input);
    }

    public Tensor Input(string name, int rows, double[] values, bool gradient = true)
    {
        Tensor tensor = Sequences is null
            ? Tape.Input(name, rows, values.Length / rows, gradient)
            : Tape.Input(name, Sequences, values.Length / rows, gradient);
        _inputs.Add((tensor, Agreement.ToFloats(values)));
        return tensor;
    }

    /// <summary>A parameter over memory of the test's own, at whatever address the runtime gave it.</summary>
    public Tensor Parameter(string name, int rows, double[] values)
    {
        ImmutableArray<int> shape = [rows, values.Length / rows];
        return Tape.Parameter(new Parameter(
            name, shape, ParameterRole.Matrix, MemoryBlock.Of(Agreement.ToFloats(values)), MemoryBlock.Of(new float[values.Length])));
    }

    /// <summary>A gain or a bias: a parameter with one axis.</summary>
    public Tensor Vector(string name, double[] values) => Tape.Parameter(new Parameter(
        name, [values.Length], ParameterRole.Gain, MemoryBlock.Of(Agreement.ToFloats(values)), MemoryBlock.Of(new float[values.Length])));

    public TokenBuffer Tokens(int[] tokens)
    {
        TokenBuffer buffer = Sequences is null ? Tape.Tokens("tokens", tokens.Length) : Tape.Tokens("tokens", Sequences);
        tokens.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Says what the gradient of an input or a parameter has to be after one backward run.</summary>
    public void Expect(string name, Tensor tensor, double[] gradient) => _gradients.Add((name, tensor, gradient));

    /// <summary>Both runs, twice: outputs and gradients of inputs come out the same, gradients of parameters have doubled.</summary>
    public void Run(Tensor output, double[] expected, double[] dy, double tolerance)
    {
        Tape.Output(output);
        Tape.Seed(output);
        Compile();
        for (int run = 1; run <= 2; run++)
        {
            Fill();
            Tape.Forward();
            Agreement.Within($"output of run {run}", expected, output.Value, tolerance);
            Agreement.ToFloats(dy).CopyTo(output.Gradient);
            Backward();
            Compare(run, tolerance, Agreement.RootMeanSquare(dy));
        }
    }

    /// <summary>Forward alone on a tape for inference, where memory is shared most.</summary>
    public void RunForward(Tensor output, double[] expected, double tolerance)
    {
        Tape.Output(output);
        Tape.Compile();
        for (int run = 1; run <= 2; run++)
        {
            Fill();
            Tape.Forward();
            Agreement.Within($"output of run {run}", expected, output.Value, tolerance);
        }
    }

    /// <summary>Ends the recording, with the readers that come after the operation.</summary>
    public void Compile()
    {
        foreach ((Tensor activation, Tensor input) in _activations.Where(_ => _shared)) AddReader(activation, input);
        Tape.Compile();
    }

    /// <summary>Backward with the readers' own gradients in place.</summary>
    public void Backward()
    {
        foreach ((Tensor reader, _, float[] seed) in _readers) seed.CopyTo(reader.Gradient);
        Tape.Backward();
    }

    /// <summary>Writes the inputs, as a user does before every run.</summary>
    public void Fill()
    {
        foreach ((Tensor tensor, float[] values) in _inputs) values.CopyTo(tensor.Value);
    }

    /// <summary>Compares the expected gradients after that many backward runs.</summary>
    /// <remarks>The terms say how large the gradients are that flowed in; 0 where a gradient of zero has to be an exact one.</remarks>
    public void Compare(int runs, double tolerance, double terms)
    {
        foreach ((string name, Tensor tensor, double[] expected) in _gradients)
        {
            int times = tensor.Kind == TensorKind.Parameter ? runs : 1;
            double[] sum = Array.ConvertAll(expected, g => g * times);
            foreach ((_, _, float[] seed) in _readers.Where(r => r.Input == tensor))
                for (int i = 0; i < sum.Length; i++) sum[i] += seed[i];
            Agreement.Within($"gradient of {name}, run {runs}", sum, tensor.Gradient, tolerance, terms);
        }
    }

    private void AddReader(Tensor activation, Tensor input)
    {
        Tensor reader = Tape.Add(activation, Input(activation.Name + ".zeros", activation.Rows, new double[activation.Length], gradient: false));
        Tape.Seed(reader);
        _readers.Add((reader, input, Agreement.ToFloats(Random((int)activation.Length))));
    }

    public void Dispose()
    {
        Tape.Dispose();
        _team.Dispose();
    }
}
