using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A decoder-only transformer: its parameters, and its programs for each shape of batch.</summary>
/// <remarks>
/// <para>Pre-norm blocks: x += attention(norm(x)), x += feedForward(norm(x)), a final norm, and the head. It is made of public layers alone, which its
/// <see cref="ModelFamily"/> declares under the names, shapes and orientation of the family's checkpoints, so that a checkpoint is a model file.</para>
/// <para>A model owns its store and its programs; two models in one process share nothing but, if wanted, the team.</para>
/// </remarks>
public sealed class LanguageModel : IDisposable
{
    /// <summary>Shapes of programs that are kept, of training and of inference each: a generation needs one for each power of two.</summary>
    public const int KeptPrograms = 8;

    private readonly LanguageNetwork _network;
    private readonly Model _model;
    private readonly ProgramCache<ProgramShape, LanguageProgram> _training = new(KeptPrograms);
    private readonly ProgramCache<ProgramShape, LanguageProgram> _inference = new(KeptPrograms);
    private bool _disposed;

    /// <summary>Allocates and initializes the parameters.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="team">Workers for its programs, not owned; null makes a team of all cores that goes with the model.</param>
    /// <param name="gradients">Whether the model will be trained; false saves the gradients' memory.</param>
    /// <param name="drawn">Whether the weights get their first values; false leaves them 0, for weights that are read. Default true.</param>
    /// <exception cref="ArgumentException">The configuration breaks rules; the message names all of them.</exception>
    public LanguageModel(LanguageModelConfig config, ulong seed, WorkerTeam? team = null, bool gradients = true, bool drawn = true)
        : this(config, seed, team, gradients, drawn, check: null)
    {
    }

    /// <summary>The same; what is declared is looked at before any memory is allocated.</summary>
    internal LanguageModel(LanguageModelConfig config, ulong seed, WorkerTeam? team, bool gradients, bool drawn, Action<TensorMap>? check)
    {
        config.Validate();
        Config = config;
        var builder = new ModelBuilder(seed);
        _network = config.Declare(builder);
        check?.Invoke(config.Family.Map(config, builder.Parameters, builder.Buffers));
        _model = builder.Build(team, gradients, drawn);
    }

    /// <summary>Shape of the model.</summary>
    public LanguageModelConfig Config { get; }

    /// <summary>Parameters, attention heads and team: what a trainer needs of any model.</summary>
    public Model Model => _model;

    /// <summary>Seed of the initial weights and of dropout.</summary>
    public ulong Seed => _model.Seed;

    /// <summary>Weights and gradients.</summary>
    public ParameterStore Parameters => _model.Parameters;

    /// <summary>What each tensor of a file of this model is of its parameters.</summary>
    public TensorMap Tensors => Config.Family.Map(Config, Parameters.Parameters, Parameters.Buffers);

    /// <summary>What makes the logits of each block's heads, in the order of <see cref="LanguageProgram.MaximumLogits"/>: what QK-clip scales.</summary>
    public IReadOnlyList<AttentionHeads> AttentionHeads => _model.AttentionHeads;

    /// <summary>Whether training programs compute each block's activations again in the backward run and keep only the block's input: far less memory for
    /// about a quarter to a third more arithmetic, and the same bits. Default false.</summary>
    public bool RecomputesBlocks { get; init; }

    /// <summary>The program for a shape: compiled at the first request, then the same one, until <see cref="KeptPrograms"/> other shapes of its kind were asked for
    /// since; then its memory is freed.</summary>
    /// <param name="batch">Sequences, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 to the context.</param>
    /// <param name="training">Whether it computes gradients. An inference program needs far less memory.</param>
    /// <param name="loss">Whether it computes the loss. An inference program without can give logits alone, and saves the loss's scratch memory. Default true.</param>
    /// <param name="packed">Whether a sequence may hold several documents in a row: <see cref="LanguageProgram.Positions"/> are written like its inputs. Default false.</param>
    /// <returns>The program, owned by the model.</returns>
    /// <exception cref="ArgumentException">The shape is outside the model, gradients are wanted of a model without, or of a program without a loss.</exception>
    public LanguageProgram Program(int batch, int time, bool training, bool loss = true, bool packed = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Rule.Check(batch >= 1, $"[language model] a batch has at least one sequence; {batch}");
        Rule.Check(time >= 1 && time <= Config.Context, $"[language model] a sequence has 1 to {Config.Context} tokens; {time}");
        Rule.Check(
            !training || (Parameters.HasGradients && loss),
            $"[language model] training needs gradients and a loss; gradients {Parameters.HasGradients}, loss {loss}");
        ProgramCache<ProgramShape, LanguageProgram> programs = training ? _training : _inference;
        if (!programs.TryGet(new(batch, time, loss, packed), out LanguageProgram? program))
        {
            programs.MakeRoom();
            program = NewProgram(batch, time, training, loss, packed);
            programs.Add(new(batch, time, loss, packed), program);
        }

        return program;
    }

    /// <summary>Frees the programs and the parameters.</summary>
    public void Dispose()
    {
        _disposed = true;
        _training.Dispose();
        _inference.Dispose();
        _model.Dispose();
    }

    internal LanguageProgram NewProgram(int batch, int time, bool training, bool loss = true, bool packed = false, bool sharesNothing = false)
    {
        var tape = new Tape(_model.Team, training) { SharesNothing = sharesNothing };
        try
        {
            Sequences sequences = packed ? tape.Packed(batch, time, Config.Context) : new Sequences(batch, time);
            return new LanguageProgram(tape, new LanguageGraph(tape, _network, sequences, loss, RecomputesBlocks), sequences);
        }
        catch
        {
            tape.Dispose();
            throw;
        }
    }

    /// <summary>Records the model without a loss, for tapes of other owners.</summary>
    internal LanguageGraph Record(Tape tape, Sequences sequences) => new(tape, _network, sequences, loss: false, recomputesBlocks: false);

    private readonly record struct ProgramShape(int Batch, int Time, bool Loss, bool Packed);
}
