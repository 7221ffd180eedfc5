using MuonSharp.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp;

/// <summary>Muon for TorchSharp: momentum, orthogonalized, for the hidden matrices of a network; used as torch.optim's own optimizers are.</summary>
/// <remarks>
/// <code>
/// m &lt;- momentum of g;  X = orthogonalize(m);  p &lt;- p - (lr scale(out, in) X + lr wd p)
/// </code>
/// <para>Float32 tensors in the processor's memory are stepped by the kernels of <see cref="Optimizers.Muon"/> in place; everything else in torch operations, on its own device and in its
/// own type. Both keep the same state.</para>
/// <para>Cost: <see cref="IOrthogonalizer.Flops"/> a matrix. Memory: one number an element, and what a stack of matrices of one shape needs during a step.</para>
/// <para>Source: K. Jordan et al., https://kellerjordan.github.io/posts/muon/. The presets name theirs.</para>
/// </remarks>
public partial class Muon : OptimizerHelper, optim.IMomentum
{
    private readonly MuonStepper _stepper = new();
    private readonly Dictionary<TensorIdentity, TensorSlot> _slots = [];
    private readonly MatrixLayouts _layouts;
    private readonly AuxiliaryOptions _auxiliaryDefaults;
    private TensorSlot[]? _order;

    /// <summary>Muon over matrices that share their options.</summary>
    /// <param name="parameters">At least one, each with two axes or more; vectors, tables and heads belong to AdamW (<see cref="Routed"/> sorts them).</param>
    /// <param name="lr">Learning rate, in the unit of the preset's factor by shape. Null: the preset's (0.02).</param>
    /// <param name="momentum">In [0, 1). Null: the preset's (0.95).</param>
    /// <param name="weight_decay">Decoupled decay. Null: the preset's (0).</param>
    /// <param name="nesterov">Whether the direction looks ahead by one gradient. Null: as the preset does (true).</param>
    /// <param name="preset">Everything else, such as <see cref="MuonPresets.Torch"/>; null: <see cref="MuonPresets.Default"/>.</param>
    /// <param name="orthogonalizer">A name of <see cref="Orthogonalizers.Names"/>; null: the preset's.</param>
    /// <param name="scale">The factor by shape; null: the preset's.</param>
    /// <param name="layouts">How some parameters split into matrices.</param>
    /// <param name="state_type">The type of the momentum, such as <see cref="ScalarType.Float32"/> beside bfloat16 weights; null: the parameter's own.</param>
    /// <exception cref="ArgumentException">A number, a parameter or a layout is wrong; the message says which.</exception>
    public Muon(
        IEnumerable<Parameter> parameters, double? lr = null, double? momentum = null, double? weight_decay = null, bool? nesterov = null,
        MuonOptions? preset = null, string? orthogonalizer = null, UpdateScale? scale = null, MatrixLayouts? layouts = null, ScalarType? state_type = null)
        : this(Defaults(lr, momentum, weight_decay, nesterov, preset, orthogonalizer, scale, state_type), layouts) =>
        Add([new ParamGroup { Parameters = parameters }], names: null);

    /// <summary>Muon over matrices with their names, which errors and <see cref="MatrixLayouts"/> use: <c>model.named_parameters()</c>.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double?, double?, double?, bool?, MuonOptions?, string?, UpdateScale?, MatrixLayouts?, ScalarType?)"/>
    public Muon(
        IEnumerable<(string name, Parameter parameter)> parameters, double? lr = null, double? momentum = null, double? weight_decay = null, bool? nesterov = null,
        MuonOptions? preset = null, string? orthogonalizer = null, UpdateScale? scale = null, MatrixLayouts? layouts = null, ScalarType? state_type = null)
        : this(Defaults(lr, momentum, weight_decay, nesterov, preset, orthogonalizer, scale, state_type), layouts)
    {
        (string name, Parameter parameter)[] all = [.. parameters];
        Add([new ParamGroup { Parameters = all.Select(static named => named.parameter) }], Names(all));
    }

    /// <summary>Muon over groups with options of their own; what a group leaves open is taken from here.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double?, double?, double?, bool?, MuonOptions?, string?, UpdateScale?, MatrixLayouts?, ScalarType?)"/>
    public Muon(
        IEnumerable<ParamGroup> parameters, double? lr = null, double? momentum = null, double? weight_decay = null, bool? nesterov = null,
        MuonOptions? preset = null, string? orthogonalizer = null, UpdateScale? scale = null, MatrixLayouts? layouts = null, ScalarType? state_type = null)
        : this(Defaults(lr, momentum, weight_decay, nesterov, preset, orthogonalizer, scale, state_type), layouts) => Add(parameters, names: null);

    private Muon(Options defaults, MatrixLayouts? layouts, AuxiliaryOptions? auxiliary = null)
    {
        _layouts = layouts ?? new MatrixLayouts();
        _auxiliaryDefaults = auxiliary ?? new AuxiliaryOptions { preset = AdamWPresets.KellerJordan };
        _auxiliaryDefaults.Complete();
        defaults.Complete();
        _defaults = defaults;
        _parameter_groups = new List<global::TorchSharp.Modules.ParamGroup>();
    }

    /// <summary>Whether float32 tensors in the processor's memory are stepped by the kernels, default true. False: everything in torch operations.</summary>
    public bool use_kernels { get; set; } = true;

    /// <summary>Whether a step with a gradient that is not finite changes nothing, default false. Looking waits for the device.</summary>
    public bool skip_non_finite { get; set; }

    /// <summary>Whether each step leaves a <see cref="last_report"/>, default false. Making it waits for the device.</summary>
    public bool report { get; set; }

    /// <summary>What the last step did; null where <see cref="report"/> is off.</summary>
    public MuonStepReport? last_report { get; private set; }

    /// <summary>The first group's momentum; set, that of every group. Schedulers that cycle it ask the optimizer whether it has one and then move the groups'.</summary>
    public double Momentum
    {
        get => _parameter_groups.Select(static group => ((UpdateOptions)group.Options).momentum!.Value).First();
        set
        {
            foreach (global::TorchSharp.Modules.ParamGroup group in _parameter_groups)
            {
                ((UpdateOptions)group.Options).momentum = value;
            }
        }
    }

    /// <summary>Updates the parameters.</summary>
    /// <param name="closure">Computes the loss anew; usually null.</param>
    /// <returns>The closure's loss; null without one.</returns>
    /// <exception cref="InvalidOperationException">A parameter was disposed, is on another device than its state, or has a sparse gradient; nothing was changed.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using IDisposable recording = enable_grad();
            loss = closure();
        }

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        last_report = _stepper.Run(_order ??= [.. _slots.Values], use_kernels, skip_non_finite, report);
        return loss;
    }

    /// <summary>Frees state, scratch and threads; parameters are their module's.</summary>
    /// <param name="disposing">Whether it was asked for.</param>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _stepper.Dispose();
            foreach (TensorSlot slot in _slots.Values)
            {
                slot.State.Dispose();
            }
        }
    }

    private static Options Defaults(
        double? lr, double? momentum, double? weight_decay, bool? nesterov, MuonOptions? preset, string? orthogonalizer, UpdateScale? scale, ScalarType? state_type)
    {
        preset ??= MuonPresets.Default;
        return new Options
        {
            LearningRate = lr,
            momentum = momentum,
            weight_decay = weight_decay,
            state_type = state_type,
            preset = preset with
            {
                Nesterov = nesterov ?? preset.Nesterov,
                Orthogonalizer = orthogonalizer is null ? preset.Orthogonalizer : Orthogonalizers.Get(orthogonalizer),
                Scale = scale ?? preset.Scale,
            },
        };
    }

    private static Dictionary<TensorIdentity, string> Names(IEnumerable<(string Name, Parameter Parameter)> all)
    {
        var names = new Dictionary<TensorIdentity, string>();
        foreach ((string name, Parameter parameter) in all)
        {
            names.TryAdd(TensorIdentity.Of(parameter), name);
        }

        return names;
    }

    private void Add(IEnumerable<global::TorchSharp.Modules.ParamGroup> groups, Dictionary<TensorIdentity, string>? names)
    {
        foreach (global::TorchSharp.Modules.ParamGroup group in groups)
        {
            Add(group, names);
        }

        _layouts.RequireUsed();
    }
}
