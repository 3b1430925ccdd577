"""The miniature text-to-image pipeline: how its parts are built, coded and noised.

A latent diffusion model (Rombach et al. 2022) with an exact linear encoder: every 2 x 2 patch goes
to its first principal components.
"""

import random
from typing import Any

import torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, UNet2DConditionModel
from scripts.miniatures.captions import Captions
from scripts.miniatures.rows import Rows, flip_some, unit
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer


def build_unet(config: dict[str, Any]) -> UNet2DConditionModel:
    """Build the denoiser: text enters as a pooled vector (scale and shift) and in the middle."""
    shape, levels = config["unet"], len(config["unet"]["channels"])
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=config["latent"]["channels"],
        out_channels=config["latent"]["channels"],
        block_out_channels=shape["channels"],
        layers_per_block=shape["layers_per_block"],
        down_block_types=("DownBlock2D",) * levels,
        up_block_types=("UpBlock2D",) * levels,
        mid_block_type="UNetMidBlock2DCrossAttn",
        attention_head_dim=shape["heads"],  # diffusers reads this as the number of heads
        cross_attention_dim=config["text"]["width"],
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=shape["heads"],
        norm_num_groups=shape["groups"],
        dropout=shape["dropout"],
    )
    nn.init.zeros_(unet.conv_out.weight)
    return unet


def build_text_encoder(text: dict[str, Any], tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Build the text encoder that is trained together with the denoiser."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=text["vocab_size"],
            hidden_size=text["width"],
            intermediate_size=text["mlp"],
            num_hidden_layers=text["layers"],
            num_attention_heads=text["heads"],
            max_position_embeddings=text["context_length"],
            projection_dim=text["width"],
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def build_scheduler(noise: dict[str, Any]) -> DPMSolverMultistepScheduler:
    """Build the sampler's scheduler; others can be built from its config."""
    return DPMSolverMultistepScheduler(
        beta_start=noise["beta_start"],
        beta_end=noise["beta_end"],
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=1,
        final_sigmas_type="zero",
    )


def build_autoencoder(config: dict[str, Any], images: Tensor) -> AutoencoderTiny:
    """Build the autoencoder; its encoder is exact and final, its decoder untrained.

    Args:
        images: (N, 3, 32, 32) float32 in [0, 1], whose patches the components are taken from.
    """
    size, blocks = config["latent"]["channels"], config["decoder"]["blocks"]
    vae = AutoencoderTiny(
        latent_channels=size,
        encoder_block_out_channels=(size, size),
        num_encoder_blocks=(0, 0),
        decoder_block_out_channels=(config["decoder"]["channels"],) * len(blocks),
        num_decoder_blocks=tuple(blocks),
        scaling_factor=1 / config["latent"]["stored_scale"],
    )
    vae.encoder.requires_grad_(False)
    _fill_encoder(vae.encoder.layers, config["latent"], images)
    return vae


def _fill_encoder(layers: nn.Sequential, latent: dict[str, Any], images: Tensor) -> None:
    """Set conv, conv with stride 2, conv to: copy colours, project patches, shift by the mean."""
    size = latent["channels"]
    patches = nn.functional.unfold(images, 2, stride=2)  # (N, 12, 256), colour slowest
    patches = patches.transpose(1, 2).flatten(0, 1).double()  # (N * 256, 12)
    variances, vectors = torch.linalg.eigh(patches.T.cov())
    variances, vectors = variances.flip(0)[:size], vectors.flip(1)[:, :size]  # largest first
    gains = variances.sqrt() ** -latent["whitening"]  # (size,)
    gains /= (variances * gains.square()).mean().sqrt()  # mean variance 1
    gains *= latent["stored_scale"]
    project = (vectors * gains).T  # (size, 12)
    copy, down, shift = (layer.weight.data.zero_() for layer in layers)
    for colour in range(3):
        copy[colour, colour, 1, 1] = 1
    down[:, :3, 1:, 1:] = project.reshape(size, 3, 2, 2).float()
    for channel in range(size):
        shift[channel, channel, 1, 1] = 1
    layers[0].bias.data.zero_()
    layers[2].bias.data.copy_((-project @ patches.mean(0)).float())


class Diffusion:
    """The training loss: v-prediction, t drawn so that log SNR follows the cosine schedule.

    Paper: Salimans and Ho 2022 (v), Nichol and Dhariwal 2021 (cosine).
    """

    def __init__(
        self,
        model: nn.ModuleDict,
        vae: AutoencoderTiny,
        scheduler: DPMSolverMultistepScheduler,
        tokenizer: CLIPTokenizer,
        captions: Captions,
        device: torch.device,
    ) -> None:
        self.model, self.tokenizer, self.captions, self.device = model, tokenizer, captions, device
        self.vae = vae.to(device).eval().requires_grad_(False)
        kept = scheduler.alphas_cumprod.double()
        self.log_snr = (kept / (1 - kept)).log()  # (1000,), falling
        self.signal, self.noise = kept.sqrt().float(), (1 - kept).sqrt().float()

    def encode(self, rows: Rows) -> Tensor:
        """Return (N, C, 16, 16) float32 latents of about unit variance."""
        stored = self.vae.encode(2 * unit(rows.images) - 1).latents
        return stored * self.vae.config.scaling_factor

    def tokens(self, labels: list[int], dice: random.Random, *, may_be_empty: bool) -> Tensor:
        """Draw a caption per label and return (N, context_length) int64."""
        texts = [self.captions.draw(one, dice, may_be_empty=may_be_empty) for one in labels]
        coded = self.tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
        return coded.input_ids

    def loss(
        self, model: nn.Module, rows: Rows, generator: torch.Generator, *, train: bool
    ) -> Tensor:
        """Return the mean squared error of v for rows on this object's device."""
        count = len(rows)
        dice = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
        tokens = self.tokens(rows.labels.tolist(), dice, may_be_empty=train).to(self.device)
        times = self.draw_times(count, generator)
        latents = self.encode(Rows(flip_some(rows.images, generator), rows.labels))
        noise = torch.randn(latents.shape, generator=generator).to(self.device)
        alpha = self.signal[times].view(-1, 1, 1, 1).to(self.device)
        sigma = self.noise[times].view(-1, 1, 1, 1).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            states = model["text_encoder"](tokens)[0]  # (N, context_length, width)
            noisy = alpha * latents + sigma * noise
            found = model["unet"](noisy, times.to(self.device), states, return_dict=False)[0]
        return (found.float() - (alpha * noise - sigma * latents)).square().mean()

    def draw_times(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw (N,) int64 steps, one from each of N equal shares of the density, shuffled."""
        share = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        share = share[torch.randperm(count, generator=generator)].double().clamp(1e-4, 1 - 1e-4)
        wanted = -2 * (torch.pi / 2 * share).tan().log()  # (N,) log SNR of the cosine schedule
        return torch.searchsorted(-self.log_snr, -wanted).clamp(max=len(self.log_snr) - 1)
